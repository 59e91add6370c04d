// Preloaded into the runner: stops it (SIGSTOP) at exact calls of the libraries it uses, so that a fault can be put there.
//
// FAULT_POINTS="sqlite3_step:12,sqlite3_close:1+" stops before the 12th call of the one, and, counted from there on, after
// the first of the other. A stopped process is seen by its parent, which then does to it, or to what it depends on, whatever
// it likes. No signal handler and no pipe: what is tested must not know.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 8

struct point {
    char name[40];
    int call;
    int is_after;
};

static struct point points[MOST];
static int point_count;
// Which point is next, and how many of its calls have come.
static atomic_int next_point;
static atomic_int calls;

__attribute__((constructor)) static void read_points(void) {
    const char *text = getenv("FAULT_POINTS");
    while (text && *text && point_count < MOST) {
        const char *colon = strchr(text, ':');
        if (!colon || (size_t)(colon - text) >= sizeof points[0].name) break;
        struct point *point = &points[point_count++];
        memcpy(point->name, text, (size_t)(colon - text));
        char *end;
        point->call = (int)strtol(colon + 1, &end, 10);
        point->is_after = *end == '+';
        text = strchr(end, ',');
        if (text) text++;
    }
    // The runner starts no programs; if it ever does, they are not what is tested.
    unsetenv("LD_PRELOAD");
}

// Counts a call; returns whether to stop after it. Stops before it by itself.
static int pass(const char *name) {
    int index = atomic_load(&next_point);
    if (index >= point_count || strcmp(points[index].name, name) != 0) return 0;
    if (atomic_fetch_add(&calls, 1) + 1 != points[index].call) return 0;
    if (points[index].is_after) return 1;
    atomic_store(&calls, 0);
    atomic_store(&next_point, index + 1);
    kill(getpid(), SIGSTOP);
    return 0;
}

static void stop_after(void) {
    atomic_store(&calls, 0);
    atomic_fetch_add(&next_point, 1);
    kill(getpid(), SIGSTOP);
}

// Six words are enough for the arguments of every function here, and all of them are words.
typedef intptr_t word;

// By the assembler's name, so that no header's declaration of the function is contradicted.
#define POINT(name)                                                                  \
    word point_##name(word, word, word, word, word, word) __asm__(#name);            \
    word point_##name(word a, word b, word c, word d, word e, word f) {                      \
        static word (*_Atomic real)(word, word, word, word, word, word);             \
        if (!real) real = (word (*)(word, word, word, word, word, word))dlsym(RTLD_NEXT, #name); \
        int is_after = pass(#name);                                                  \
        word result = real(a, b, c, d, e, f);                                        \
        if (is_after) stop_after();                                                  \
        return result;                                                               \
    }

POINT(sqlite3_step)
POINT(sqlite3_exec)
POINT(sqlite3_close)
POINT(fdatasync)
POINT(rd_kafka_new)
POINT(rd_kafka_consume_batch_queue)
POINT(rd_kafka_commit_queue)
POINT(rd_kafka_init_transactions)
POINT(rd_kafka_begin_transaction)
POINT(rd_kafka_produce_batch)
POINT(rd_kafka_commit_transaction)
POINT(rd_kafka_destroy)
