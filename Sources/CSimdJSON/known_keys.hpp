// The keys a parser knows: those asked for, and others that documents had.
#pragma once
#include "byte_block.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// One key, and the one that followed it the last time.
class known_key {
public:
    static constexpr uint32_t unasked = UINT32_MAX;

    known_key(std::string_view name, uint32_t column, known_key *successor)
        : column(column), successor(successor), name(name) {
        if (!is_comparable(name)) return;
        pattern[0] = '"';
        memcpy(pattern + 1, name.data(), name.size());
        memcpy(pattern + 1 + name.size(), "\":", 2);
        length = name.size() + 3;
        behind = static_cast<uint32_t>(UINT64_MAX << length);
    }

    // Whether a key of this name can be told by its bytes: it is short, stands in documents without escapes, and is of
    // ASCII, as other bytes are to be validated.
    static bool is_comparable(std::string_view name) {
        if (name.size() + 3 > sizeof pattern) return false;
        for (char character : name)
            // As signed bytes (char is unsigned on some processors), those beyond ASCII are below the space too.
            if (static_cast<int8_t>(character) < ' ' || character == '"' || character == '\\') return false;
        return true;
    }

    // Whether this key and a colon stand where a quote stands and 32 bytes are readable.
    bool stands_at(const char *place) const {
        uint32_t low = bits(load(place) == load(pattern)), high = bits(load(place + 16) == load(pattern + 16));
        return (low | high << 16 | behind) == UINT32_MAX;
    }

    bool has_name(std::string_view other) const {
        return name.size() == other.size() && memcmp(name.data(), other.data(), other.size()) == 0;
    }

    uint32_t column;
    known_key *successor;
    // Of the key in quotes with its colon.
    size_t length = 0;

private:
    // All NUL, which no quote equals, if the key is not comparable.
    alignas(sizeof(byte_block)) char pattern[32] = {};
    // The bits of the bytes behind the pattern's, which may be any.
    uint32_t behind = 0;
    std::string name;
};

// Members mostly come in one order, so a key is first compared with the one that followed its predecessor the last
// time. Keys nobody asked for are learned as well: a document of eleven members of which two are asked for takes 60 ns
// so, not 97.
class known_keys {
public:
    explicit known_keys(const std::vector<std::string> &names) : asked(names.size()) {
        keys.reserve(2 + asked + maximum_learned);
        // A quote is no name that a key without escapes has, so these two stand nowhere.
        keys.emplace_back("\"", known_key::unasked, nullptr);
        keys.emplace_back("\"", known_key::unasked, nullptr);
        beginning()->successor = unknown()->successor = unknown();
        for (size_t column = 0; column < asked; column++) {
            known_key &last = column == 0 ? *beginning() : keys.back();
            keys.emplace_back(names[column], static_cast<uint32_t>(column), unknown());
            last.successor = &keys.back();
        }
    }

    // The keys point to each other.
    known_keys(const known_keys &) = delete;
    known_keys &operator=(const known_keys &) = delete;

    // How many names were asked for.
    size_t count() const { return asked; }

    // What stands before the first key.
    known_key *beginning() { return &keys[0]; }

    // The key of that name, or one that stands for all that are not known. A key nobody asked for is learned if it is
    // comparable.
    known_key *find(std::string_view name) {
        for (size_t index = 2; index < keys.size(); index++)
            if (keys[index].has_name(name)) return &keys[index];
        if (keys.size() == 2 + asked + maximum_learned || !known_key::is_comparable(name)) return unknown();
        // There is room, so the others stay where they are.
        return &keys.emplace_back(name, known_key::unasked, unknown());
    }

private:
    // A stream whose keys are data must neither fill the memory nor make every search long.
    static constexpr size_t maximum_learned = 64;

    known_key *unknown() { return &keys[1]; }

    size_t asked;
    std::vector<known_key> keys;
};

}  // namespace sluice
