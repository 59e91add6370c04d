#include "sluice_json.h"

#include <simdjson.h>

#include <cmath>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

using namespace simdjson;

struct sluice_json_parser {
    ondemand::parser parser;
    std::vector<std::string> names;
    std::string unescaped;
};

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

const char *read(sluice_json_parser *self, const char *base, ondemand::value value, uint64_t &cell, uint8_t &kind) {
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
        cell = static_cast<uint64_t>(self->unescaped.size()) | static_cast<uint64_t>(unescaped.size()) << 32;
        kind = SLUICE_JSON_UNESCAPED_TEXT;
        self->unescaped.append(unescaped);
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

inline bool is(const char *key, const std::string &name) {
    return memcmp(key, name.data(), name.size()) == 0 && key[name.size()] == '"';
}

// The column of a member, or names.size(). Members mostly come in one order, so the one after the last is tried first.
const char *find(sluice_json_parser *self, ondemand::field &field, size_t expected, size_t &column) {
    const char *key = field.key().raw();
    if (expected < self->names.size() && is(key, self->names[expected])) {
        column = expected;
        return nullptr;
    }
    size_t length = plain_length(key);
    std::string_view name(key, length);
    if (key[length] != '"') TRY(field.unescaped_key().get(name));
    for (column = 0; column < self->names.size(); column++)
        if (name == self->names[column]) return nullptr;
    return nullptr;
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

const char *parse(
    sluice_json_parser *self, const char *base, size_t start, size_t length, uint64_t *cells, uint8_t *kinds) {
    ondemand::document document;
    TRY(self->parser.iterate(base + start, length, length + SIMDJSON_PADDING).get(document));
    ondemand::object object;
    if (error_code error = document.get_object().get(object))
        // Only the last token tells: a document that does not end with the object's brace may be too short or too long.
        return error == INCORRECT_TYPE ? not_an_object(document)
            : error == INCOMPLETE_ARRAY_OR_OBJECT ? "it is cut off, or bytes follow the object" : reason(error);
    size_t expected = 0;
    for (auto member : object) {
        ondemand::field field;
        TRY(std::move(member).get(field));
        size_t column;
        if (const char *fault = find(self, field, expected, column)) return fault;
        const char *fault;
        if (column == self->names.size()) {
            fault = walk(field.value(), 1);
        } else {
            fault = read(self, base, field.value(), cells[column], kinds[column]);
            expected = column + 1;
        }
        if (fault) return fault;
    }
    return document.current_location().error() == OUT_OF_BOUNDS ? nullptr : "bytes follow the object";
}

}  // namespace

extern "C" {

sluice_json_parser *sluice_json_parser_create(const char *const *names, size_t count) {
    try {
        auto *self = new sluice_json_parser;
        for (size_t i = 0; i < count; i++) self->names.emplace_back(names[i]);
        return self;
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

void sluice_json_parser_destroy(sluice_json_parser *parser) { delete parser; }

const char *sluice_json_parse(
    sluice_json_parser *parser, const char *base, size_t start, size_t length, uint64_t *cells, uint8_t *kinds) {
    memset(kinds, SLUICE_JSON_MISSING, parser->names.size());
    try {
        return parse(parser, base, start, length, cells, kinds);
    } catch (const std::bad_alloc &) {
        return "it is too large for the memory there is";
    }
}

const char *sluice_json_unescaped(const sluice_json_parser *parser, size_t *length) {
    *length = parser->unescaped.size();
    return parser->unescaped.data();
}

void sluice_json_reset(sluice_json_parser *parser) { parser->unescaped.clear(); }
}
