// Lets valgrind run a Swift program with an asynchronous main. Preload it:
//
//   LD_PRELOAD=libCallgrindAid.so valgrind --tool=callgrind program …
//
// The main thread of such a program ends in Dispatch, which waits in sigsuspend for ever; valgrind 3.19 crashes there.
// pause waits as well.
#include <signal.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
    (void)mask;
    for (;;) pause();
}
