#pragma once

#include <string>
#include <string_view>

namespace tidemark::exporter {

/// Compresses whole buffers of JSON into one gzip member each, several times as fast as a deflate
/// that looks for the best codes: ISA-L's single pass with Huffman codes that are fixed beforehand,
/// made from a typical invoice (docs/decisions/0008-gzip-with-prepared-codes.md). Any bytes can be
/// compressed, those unlike JSON just not as well; what would grow is stored.
///
/// The same bytes in give the same bytes out, on one kind of processor. Thread-safe.
///
/// Writes the member to `out` from its start, growing it if needed, and returns its size.
/// `bytes`: below 4 GiB.
[[nodiscard]] std::size_t fast_gzip(std::string_view bytes, std::string& out);

}  // namespace tidemark::exporter
