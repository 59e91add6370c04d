// The quick way through the documents that nearly all are.
#pragma once
#include "known_keys.hpp"

namespace sluice {

// Reads an object of the plain form: strings and keys without escapes; whole numbers of up to 18 digits; numbers with
// a point and up to 18 digits that make less than 2^53; true, false and null; nothing nested. White space and UTF-8 may
// stand wherever JSON allows them. Returns false of any other document, well-formed or not, having written some of the
// row.
//
// The row holds zeros before, and 64 bytes behind the document are readable.
bool read_plain_object(
    known_keys &keys, const char *base, size_t start, size_t length, uint64_t *cells, uint8_t *kinds);

}  // namespace sluice
