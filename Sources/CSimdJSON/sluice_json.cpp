#include "sluice_json.h"

#include "general_object.hpp"
#include "plain_object.hpp"

#include <new>

struct sluice_json_parser {
    explicit sluice_json_parser(const std::vector<std::string> &names) : keys(names), general(keys) {}

    sluice::known_keys keys;
    sluice::general_parser general;
};

extern "C" {

sluice_json_parser *sluice_json_parser_create(const char *const *names, size_t count) {
    try {
        return new sluice_json_parser(std::vector<std::string>(names, names + count));
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

void sluice_json_parser_destroy(sluice_json_parser *parser) { delete parser; }

bool sluice_json_parse_plain(
    sluice_json_parser *parser, const char *base, size_t start, size_t length, uint64_t *cells, uint8_t *kinds) {
    try {
        return sluice::read_plain_object(parser->keys, base, start, length, cells, kinds);
    } catch (const std::bad_alloc &) {
        return false;
    }
}

const char *sluice_json_parse_general(
    sluice_json_parser *parser, const char *base, size_t start, size_t length, uint64_t *cells, uint8_t *kinds) {
    try {
        return parser->general.parse(base, start, length, cells, kinds);
    } catch (const std::bad_alloc &) {
        return "it is too large for the memory there is";
    }
}

const char *sluice_json_unescaped(const sluice_json_parser *parser, size_t *length) {
    *length = parser->general.unescaped.size();
    return parser->general.unescaped.data();
}

void sluice_json_reset(sluice_json_parser *parser) { parser->general.unescaped.clear(); }
}
