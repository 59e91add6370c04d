#include "general_object.hpp"

#include "sluice_json.h"

#include <cmath>
#include <cstring>
#include <string_view>

using namespace simdjson;

namespace sluice {
namespace {

// On-demand parsing does not bound the depth by itself, and the walk below is recursive.
constexpr int maximum_depth = 512;
constexpr const char *too_deep = "objects and arrays are nested more than 512 deep";
constexpr const char *malformed = "it is malformed";

const char *reason(error_code error) {
    switch (error) {
    case UTF8_ERROR: return "it is not valid UTF-8";
    case EMPTY: return "it is empty";
    case UNCLOSED_STRING: return "a string is not closed";
    case UNESCAPED_CHARS: return "a string holds an unescaped control character";
    case STRING_ERROR: return "a string holds a broken escape or a lone surrogate";
    case NUMBER_ERROR:
    case NUMBER_OUT_OF_RANGE: return "a number is malformed, or no double holds it";
    case INCOMPLETE_ARRAY_OR_OBJECT: return "it ends too early";
    case MEMALLOC:
    case CAPACITY: return "it is too large";
    default: return malformed;
    }
}

#define TRY(expression) \
    if (error_code error = (expression)) return reason(error)

// Length of a string's text up to the first quote or backslash, eight bytes at a time. Stage 1 has seen the closing
// quote, so the loop ends within the document; it may read into the padding.
inline size_t plain_length(const char *text) {
    constexpr uint64_t ones = 0x0101010101010101ULL, highs = 0x8080808080808080ULL;
    for (size_t length = 0;; length += 8) {
        uint64_t word;
        memcpy(&word, text + length, 8);
        uint64_t quotes = word ^ (ones * '"'), backslashes = word ^ (ones * '\\');
        uint64_t found = ((quotes - ones) & ~quotes & highs) | ((backslashes - ones) & ~backslashes & highs);
        if (found) return length + (__builtin_ctzll(found) >> 3);
    }
}

const char *walk(ondemand::value value, int depth);

const char *walk_array(ondemand::array array, int depth) {
    for (auto element : array) {
        ondemand::value value;
        TRY(element.get(value));
        if (const char *fault = walk(value, depth)) return fault;
    }
    return nullptr;
}

const char *walk_object(ondemand::object object, int depth) {
    for (auto member : object) {
        ondemand::field field;
        TRY(std::move(member).get(field));
        std::string_view key;
        TRY(field.unescaped_key().get(key));
        if (const char *fault = walk(field.value(), depth)) return fault;
    }
    return nullptr;
}

// simdjson 3.0.1 misreads longer numbers: get_number takes those of more than 19 digits for 0 (its issue 2099), and
// get_double errs where they begin with "0.". Only what is well-formed can be left to them.
constexpr size_t longest_read = 19;

const char *number(ondemand::value &value, uint64_t &cell, uint8_t &kind) {
    std::string_view text = value.raw_json_token();
    ondemand::number parsed;
    double real;
    if (value.get_number().get(parsed) == SUCCESS) {
        if (parsed.is_int64()) {
            int64_t integer = parsed.get_int64();
            memcpy(&cell, &integer, 8);
            kind = SLUICE_JSON_INTEGER;
            return nullptr;
        }
        real = parsed.as_double();
    } else {
        // A whole number above 64 bits is a number all the same, as long as a double holds it.
        TRY(value.get_double().get(real));
    }
    if (text.size() > longest_read) {
        real = simdjson::internal::from_chars(text.data());
        if (!std::isfinite(real)) return reason(NUMBER_OUT_OF_RANGE);
    }
    memcpy(&cell, &real, 8);
    kind = SLUICE_JSON_REAL;
    return nullptr;
}

const char *null(ondemand::value &value) {
    bool is_null;
    TRY(value.is_null().get(is_null));
    return is_null ? nullptr : malformed;
}

// Checks a value that nobody asked for: on-demand parsing would skip over it unseen.
const char *walk(ondemand::value value, int depth) {
    if (depth >= maximum_depth) return too_deep;
    ondemand::json_type type;
    TRY(value.type().get(type));
    switch (type) {
    case ondemand::json_type::object: {
        ondemand::object object;
        TRY(value.get_object().get(object));
        return walk_object(object, depth + 1);
    }
    case ondemand::json_type::array: {
        ondemand::array array;
        TRY(value.get_array().get(array));
        return walk_array(array, depth + 1);
    }
    case ondemand::json_type::string: {
        std::string_view text;
        TRY(value.get_string().get(text));
        return nullptr;
    }
    case ondemand::json_type::number: {
        uint64_t cell;
        uint8_t kind;
        return number(value, cell, kind);
    }
    case ondemand::json_type::boolean: {
        bool boolean;
        TRY(value.get_bool().get(boolean));
        return nullptr;
    }
    case ondemand::json_type::null: return null(value);
    }
    return malformed;
}

const char *not_an_object(ondemand::document &document) {
    ondemand::json_type type;
    if (document.type().get(type)) return malformed;
    switch (type) {
    case ondemand::json_type::array: return "it is an array, not an object";
    case ondemand::json_type::string: return "it is a string, not an object";
    case ondemand::json_type::number: return "it is a number, not an object";
    case ondemand::json_type::boolean: return "it is true or false, not an object";
    case ondemand::json_type::null: return "it is null, not an object";
    default: return malformed;
    }
}

// In this file and called once: it is compiled into the loop over members, which saves a third of a document's time.
inline const char *read(
    const char *base, ondemand::value value, std::string &unescaped_texts, uint64_t &cell, uint8_t &kind) {
    cell = 0;
    ondemand::json_type type;
    TRY(value.type().get(type));
    switch (type) {
    case ondemand::json_type::string: {
        ondemand::raw_json_string raw;
        TRY(value.get_raw_json_string().get(raw));
        const char *text = raw.raw();
        size_t length = plain_length(text);
        if (text[length] == '"') {
            cell = static_cast<uint64_t>(text - base) | static_cast<uint64_t>(length) << 32;
            kind = SLUICE_JSON_TEXT;
            return nullptr;
        }
        std::string_view unescaped;
        TRY(value.get_string().get(unescaped));
        cell = static_cast<uint64_t>(unescaped_texts.size()) | static_cast<uint64_t>(unescaped.size()) << 32;
        kind = SLUICE_JSON_UNESCAPED_TEXT;
        unescaped_texts.append(unescaped);
        return nullptr;
    }
    case ondemand::json_type::number: return number(value, cell, kind);
    case ondemand::json_type::boolean: {
        bool boolean;
        TRY(value.get_bool().get(boolean));
        cell = boolean;
        kind = SLUICE_JSON_BOOLEAN;
        return nullptr;
    }
    case ondemand::json_type::null:
        kind = SLUICE_JSON_NULL;
        return null(value);
    default:
        kind = SLUICE_JSON_COMPOSITE;
        return walk(value, 1);
    }
}

// Moves on to the key of a member.
inline const char *find(known_keys &keys, ondemand::field &field, known_key *&key) {
    const char *text = field.key().raw();
    if (key->successor->stands_at(text - 1)) {
        key = key->successor;
        return nullptr;
    }
    size_t length = plain_length(text);
    std::string_view name(text, length);
    if (text[length] != '"') TRY(field.unescaped_key().get(name));
    key = key->successor = keys.find(name);
    return nullptr;
}

}  // namespace

const char *general_parser::parse(
    const char *base, size_t start, size_t length, uint64_t *cells, uint8_t *kinds) {
    memset(cells, 0, keys.count() * sizeof *cells);
    memset(kinds, SLUICE_JSON_MISSING, keys.count());
    ondemand::document document;
    TRY(parser.iterate(base + start, length, length + SIMDJSON_PADDING).get(document));
    ondemand::object object;
    if (error_code error = document.get_object().get(object))
        // Only the last token tells: a document that does not end with the object's brace may be too short or too long.
        return error == INCORRECT_TYPE ? not_an_object(document)
            : error == INCOMPLETE_ARRAY_OR_OBJECT ? "it is cut off, or bytes follow the object" : reason(error);
    known_key *key = keys.beginning();
    for (auto member : object) {
        ondemand::field field;
        TRY(std::move(member).get(field));
        if (const char *fault = find(keys, field, key)) return fault;
        const char *fault = key->column == known_key::unasked
            ? walk(field.value(), 1)
            : read(base, field.value(), unescaped, cells[key->column], kinds[key->column]);
        if (fault) return fault;
    }
    return document.current_location().error() == OUT_OF_BOUNDS ? nullptr : "bytes follow the object";
}

}  // namespace sluice
