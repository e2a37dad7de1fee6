#pragma once

#include <memory>
#include <string>

#include "load/platform.h"

namespace tidemark::load::file {

/// Orders of files: `tidemark load file`. There is nothing it could ask, so its extractor()
/// refuses; FileExtractor reads a file. What its rows mean stands in the raw layer beside them.
[[nodiscard]] const Platform& platform();

/// The tables for orders of files under a platform name of their own.
[[nodiscard]] std::unique_ptr<StreamTables> order_tables(std::string platform,
                                                         const config::Settings& settings);

}  // namespace tidemark::load::file
