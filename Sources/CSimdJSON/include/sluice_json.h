// A small C face over two parsers: the members of one JSON object, strictly checked, as cells. The plain one is quick
// and takes most documents; the general one, simdjson's, takes any and says what is wrong with a bad one.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sluice_json_parser sluice_json_parser;

// What stands in a cell; the numbers are FieldTable.Kind's.
enum {
    SLUICE_JSON_MISSING = 0,
    SLUICE_JSON_NULL = 1,
    SLUICE_JSON_TEXT = 2,            // low 32 bits: offset from `base`; high 32 bits: length
    SLUICE_JSON_UNESCAPED_TEXT = 3,  // the same, in the parser's own bytes
    SLUICE_JSON_INTEGER = 4,
    SLUICE_JSON_REAL = 5,
    SLUICE_JSON_BOOLEAN = 6,
    SLUICE_JSON_COMPOSITE = 7
};

// Makes a parser for members of these names (UTF-8, without NUL, each once). NULL when out of memory.
sluice_json_parser *sluice_json_parser_create(const char *const *names, size_t count);
void sluice_json_parser_destroy(sluice_json_parser *parser);

// Both parse the document at base + start, of `length` bytes, 64 readable bytes behind it, into a row of as many cells
// and kinds as there are names.

// Fills a row of zeros and returns true if the document is an object of the plain form: nothing nested, no escapes, no
// exponents and no numbers of more than 18 digits. Returns false if it is not, be it a good one or none at all.
bool sluice_json_parse_plain(
    sluice_json_parser *parser, const char *base, size_t start, size_t length, uint64_t *cells, uint8_t *kinds);

// Fills any row. Returns NULL, or why the document is not one JSON object (a static text).
const char *sluice_json_parse_general(
    sluice_json_parser *parser, const char *base, size_t start, size_t length, uint64_t *cells, uint8_t *kinds);

// The bytes of strings that had escapes, of all documents since the last reset.
const char *sluice_json_unescaped(const sluice_json_parser *parser, size_t *length);
void sluice_json_reset(sluice_json_parser *parser);

#ifdef __cplusplus
}
#endif
