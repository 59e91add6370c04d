#include "plain_object.hpp"

#include "sluice_json.h"

#include <simdjson.h>

namespace sluice {
namespace {

inline const char *behind_space(const char *place, const char *end) {
    while (place < end && (*place == ' ' || *place == '\n' || *place == '\r' || *place == '\t')) place++;
    return place;
}

// The place itself if the token stands there already, else behind white space, whatever stands there.
inline const char *at(char token, const char *place, const char *end) {
    if (__builtin_expect(*place == token, true)) return place;
    return behind_space(place, end);
}

// A string's closing quote, from its first byte beyond ASCII on, or nullptr.
__attribute__((noinline)) const char *unicode_string_end(const char *place, const char *end) {
    for (; place < end; place += sizeof(byte_block)) {
        byte_block bytes = load(place);
        uint32_t stops = bits((bytes == '"') | (bytes == '\\') | ((bytes >= 0) & (bytes < ' ')));
        if (!stops) continue;
        place += __builtin_ctz(stops);
        return *place == '"' ? place : nullptr;
    }
    return nullptr;
}

// A string's closing quote, from its first byte on, or nullptr.
inline const char *string_end(const char *place, const char *end, bool &is_ascii) {
    for (; place < end; place += sizeof(byte_block)) {
        byte_block bytes = load(place);
        // As signed bytes, those beyond ASCII are below the space too.
        uint32_t stops = bits((bytes == '"') | (bytes == '\\') | (bytes < ' '));
        if (!stops) continue;
        place += __builtin_ctz(stops);
        if (__builtin_expect(*place == '"', true)) return place;
        if (static_cast<int8_t>(*place) >= 0) return nullptr;
        is_ascii = false;
        return unicode_string_end(place, end);
    }
    return nullptr;
}

inline const char *digits_end(const char *place, const char *end, uint64_t &number) {
    for (; place < end; place++) {
        uint8_t digit = static_cast<uint8_t>(*place - '0');
        if (digit > 9) break;
        number = number * 10 + digit;
    }
    return place;
}

// Exact: digits below 2^53 and powers of ten up to 10^22 are doubles, and one division rounds once.
inline const char *number_end(const char *place, const char *end, uint64_t &cell, uint8_t &kind) {
    constexpr size_t maximum_digits = 18;
    static constexpr double powers[maximum_digits + 1] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
    bool is_negative = *place == '-';
    const char *first = place + is_negative;
    uint64_t number = 0;
    place = digits_end(first, end, number);
    size_t whole = place - first;
    if (whole == 0 || whole > maximum_digits || (*first == '0' && whole > 1)) return nullptr;
    if (*place != '.') {
        cell = is_negative ? -number : number;
        kind = SLUICE_JSON_INTEGER;
        return place;
    }
    const char *fraction = place + 1;
    place = digits_end(fraction, end, number);
    size_t decimals = place - fraction;
    if (decimals == 0 || whole + decimals > maximum_digits || number >> 53) return nullptr;
    double real = static_cast<double>(number) / powers[decimals];
    if (is_negative) real = -real;
    memcpy(&cell, &real, 8);
    kind = SLUICE_JSON_REAL;
    return place;
}

inline const char *word_end(const char *place, std::string_view word) {
    return memcmp(place, word.data(), word.size()) == 0 ? place + word.size() : nullptr;
}

inline const char *value_end(const char *place, const char *end, uint64_t &cell, uint8_t &kind) {
    switch (*place) {
    case 't':
        cell = 1;
        kind = SLUICE_JSON_BOOLEAN;
        return word_end(place, "true");
    case 'f':
        cell = 0;
        kind = SLUICE_JSON_BOOLEAN;
        return word_end(place, "false");
    case 'n':
        cell = 0;
        kind = SLUICE_JSON_NULL;
        return word_end(place, "null");
    default: return number_end(place, end, cell, kind);
    }
}

}  // namespace

// One walk from token to token, each compared in place. Finding all quotes first, as simdjson's stage 1 does, was
// tried: 1,717 instructions and 85 ns a record of eleven members and 320 bytes, against 969 and 60 (simdjson on demand:
// 3,486 and 115).
//
// Strict: every byte belongs to one token that a rule of JSON's grammar asked for, places only grow, and the object
// is accepted only if the last token ends where the document does, so that no accepted token reached behind it.
//
// Safe: a member begins before the end; its key, if known, takes 32 bytes at most; what comes next is looked at before
// the end alone, or is a byte or a word of five. So no place is looked at that is 64 bytes behind the end.
bool read_plain_object(
    known_keys &keys, const char *base, size_t start, size_t length, uint64_t *cells, uint8_t *kinds) {
    const char *place = base + start, *end = place + length;
    bool is_ascii = true;
    known_key *key = keys.beginning();
    place = at('{', place, end);
    if (*place != '{') return false;
    place = at('"', place + 1, end);
    bool is_member = *place == '"';
    while (is_member) {
        if (place >= end) return false;
        known_key *expected = key->successor;
        if (__builtin_expect(expected->stands_at(place), true)) {
            key = expected;
            place += key->length;
        } else {
            const char *text = place + 1;
            place = string_end(text, end, is_ascii);
            if (!place) return false;
            key = key->successor = keys.find(std::string_view(text, place - text));
            place = at(':', place + 1, end);
            if (*place != ':') return false;
            place++;
        }
        place = at('"', place, end);
        uint64_t cell;
        uint8_t kind;
        if (__builtin_expect(*place == '"', true)) {
            const char *text = place + 1;
            place = string_end(text, end, is_ascii);
            if (!place) return false;
            cell = static_cast<uint64_t>(text - base) | static_cast<uint64_t>(place - text) << 32;
            kind = SLUICE_JSON_TEXT;
            place++;
        } else {
            place = value_end(place, end, cell, kind);
            if (!place) return false;
        }
        if (key->column != known_key::unasked) {
            cells[key->column] = cell;
            kinds[key->column] = kind;
        }
        place = at(',', place, end);
        is_member = *place == ',';
        if (is_member) {
            place = at('"', place + 1, end);
            if (*place != '"') return false;
        }
    }
    if (*place != '}') return false;
    if (behind_space(place + 1, end) != end) return false;
    return is_ascii || simdjson::validate_utf8(base + start, length);
}

}  // namespace sluice
