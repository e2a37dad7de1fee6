#pragma once

#include <cstdint>
#include <string_view>

#include "base/random.h"
#include "samples/invoice.h"
#include "samples/lifelike.h"

namespace tidemark::samples {

/// Writes the invoice as compact JSON into `invoice.payload`, Chinese as it is: parties, 1 to 20
/// lines, taxes, totals; about 2.1 KB on average. Number, date and status are taken from
/// `invoice`. Amounts add up exactly: the totals are the sums of the lines, and each line's tax is
/// rounded half away from zero, as EN 16931 asks.
void write_payload(SeededRandom& random, const Country& country, Invoice& invoice);

}  // namespace tidemark::samples
