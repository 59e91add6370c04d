// The way through any document: strict, and the one place that says what is wrong with a bad one.
#pragma once
#include "known_keys.hpp"

#include <simdjson.h>

namespace sluice {

class general_parser {
public:
    explicit general_parser(known_keys &keys) : keys(keys) {}

    // Fills the row anew, from a document with 64 readable bytes behind it. Returns nullptr, or why it is not one JSON
    // object (a static text).
    const char *parse(const char *base, size_t start, size_t length, uint64_t *cells, uint8_t *kinds);

    // The bytes of strings that had escapes.
    std::string unescaped;

private:
    known_keys &keys;
    simdjson::ondemand::parser parser;
};

}  // namespace sluice
