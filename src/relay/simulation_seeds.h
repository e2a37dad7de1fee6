#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

// For tests: simulations are played from seeds, and one that fails can be played again.
namespace tidemark::relay {

inline std::uint64_t seed_number(const std::string& variable, std::uint64_t fallback) {
  const char* text = std::getenv(variable.c_str());
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

/// Plays `usual` seeds from 1 on, up to the first that fails. With `name` for RELAY:
/// RELAY_SEEDS=5000 plays so many, RELAY_FIRST=300 begins there, RELAY_SEED=17 plays that one
/// again.
template <class Simulation>
void play_seeds(const std::string& name, std::uint64_t usual) {
  const std::uint64_t one = seed_number(name + "_SEED", 0);
  const std::uint64_t first = one != 0 ? one : seed_number(name + "_FIRST", 1);
  const std::uint64_t count = one != 0 ? 1 : seed_number(name + "_SEEDS", usual);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE(testing::Message() << name << "_SEED=" << seed);
    Simulation simulation(seed);
    simulation.play();
    simulation.check();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace tidemark::relay
