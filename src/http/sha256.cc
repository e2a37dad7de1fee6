#include "http/sha256.h"

#include <openssl/evp.h>

#include <memory>

#include "base/check.h"

namespace tidemark::http {
namespace {

struct FreeDigest {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};
struct FreeState {
  void operator()(EVP_MD_CTX* state) const { EVP_MD_CTX_free(state); }
};

EVP_MD_CTX* state_of_this_thread() {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeState> state(EVP_MD_CTX_new());
  check(state != nullptr, "OpenSSL has memory for a digest");
  return state.get();
}

const EVP_MD* algorithm() {
  static const std::unique_ptr<EVP_MD, FreeDigest> found(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  check(found != nullptr, "SHA-256 of OpenSSL is there");
  return found.get();
}

}  // namespace

Sha256Digest sha256(std::initializer_list<std::string_view> parts) {
  EVP_MD_CTX* const state = state_of_this_thread();
  bool done = EVP_DigestInit_ex2(state, algorithm(), nullptr) == 1;
  for (const std::string_view part : parts)
    done = done && EVP_DigestUpdate(state, part.data(), part.size()) == 1;
  Sha256Digest digest{};
  unsigned int length = 0;
  done = done && EVP_DigestFinal_ex(state, digest.data(), &length) == 1;
  check(done && length == digest.size(), "SHA-256 of OpenSSL works");
  return digest;
}

}  // namespace tidemark::http
