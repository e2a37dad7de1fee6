#include "redis/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/system_error.h"

namespace tidemark::redis {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using OwnedContext = std::unique_ptr<SSL_CTX, FreeContext>;

std::string reason_of(unsigned long code) {
  if (ERR_SYSTEM_ERROR(code)) return errno_text(ERR_GET_REASON(code));
  const char* text = ERR_reason_error_string(code);
  return text == nullptr ? "TLS error" : text;
}

/// The first of what OpenSSL has to say is the cause.
std::unexpected<Error> unusable(std::string_view file) {
  const std::string reason = reason_of(ERR_get_error());
  ERR_clear_error();
  return fail(ErrorKind::invalid_config, {"{} cannot be used: {}", "无法使用 {}：{}"},
              printable(file), reason);
}

std::unexpected<Error> no_memory() {
  return fail(ErrorKind::io, {"no memory for a TLS connection", "内存不足，无法建立 TLS 连接"});
}

Result<void> load(SSL_CTX& context, const TlsFiles& files) {
  ERR_clear_error();
  if (files.ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(&context) != 1)
      return unusable("the system's list of authorities");
  } else if (SSL_CTX_load_verify_file(&context, files.ca_file.c_str()) != 1) {
    return unusable(files.ca_file);
  }
  if (files.certificate_file.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(&context, files.certificate_file.c_str()) != 1)
    return unusable(files.certificate_file);
  // Also: is it the key of that certificate?
  if (SSL_CTX_use_PrivateKey_file(&context, files.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return unusable(files.key_file);
  return {};
}

/// Certificates name addresses apart from names; and an address is no name to ask for.
bool expect_host(SSL* ssl, const std::string& host) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return true;
  ERR_clear_error();
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

/// A server that asks who we are, and is told nothing, may end the connection; what it says of that
/// is lost if our first words are on their way by then.
int note_question(SSL* ssl, void* /*argument*/) {
  SSL_set_app_data(ssl, ssl);
  return 1;
}
bool was_asked_in_vain(const SSL& ssl) {
  return SSL_get_app_data(&ssl) != nullptr && SSL_get_certificate(&ssl) == nullptr;
}

Error ended(const SSL& ssl, Message what) {
  Error error{.kind = ErrorKind::unreachable, .what = std::move(what)};
  if (!was_asked_in_vain(ssl)) return error;
  return std::move(error).with_hint(
      {"it asked for a certificate: relay.redis.tls_certificate and relay.redis.tls_key name one "
       "(tls-auth-clients of its redis.conf)",
       "对方要求客户端证书：请在 relay.redis.tls_certificate 和 relay.redis.tls_key 中指定"
       "（见其 redis.conf 的 tls-auth-clients）"});
}

Error not_believed(long verdict) {
  Error error = make_error(ErrorKind::unauthorized,
                           {"its certificate is not believed: {}", "不信任其证书：{}"},
                           std::string(X509_verify_cert_error_string(verdict)));
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return std::move(error).with_hint(
        {"the URL must name it as its certificate does", "URL 中的主机须与证书中的名称一致"});
  if (verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID)
    return error;
  return std::move(error).with_hint({"relay.redis.tls_ca names the certificate of its authority",
                                     "请在 relay.redis.tls_ca 中指定签发它的 CA 证书"});
}

}  // namespace

void FreeSsl::operator()(ssl_st* ssl) const { SSL_free(ssl); }

Result<OwnedSsl> make_tls(const std::string& host, const TlsFiles& files) {
  const OwnedContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) return no_memory();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (Result<void> loaded = load(*context, files); !loaded) return fail(std::move(loaded).error());
  OwnedSsl ssl(SSL_new(context.get()));  // Keeps the context.
  if (!ssl || !expect_host(ssl.get(), host)) return no_memory();
  SSL_set_cert_cb(ssl.get(), note_question, nullptr);
  SSL_set_connect_state(ssl.get());
  return ssl;
}

Error tls_fault(const OwnedSsl& ssl, int system) {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (const long verdict = SSL_get_verify_result(ssl.get());
      verdict != X509_V_OK && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return not_believed(verdict);
  if (ERR_SYSTEM_ERROR(code) || (code == 0 && system != 0)) {
    const std::string why = code == 0 ? errno_text(system) : reason_of(code);
    return ended(*ssl, {why, why});
  }
  switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
      return make_error(ErrorKind::unreachable,
                        {"it does not speak TLS on this port", "该端口不使用 TLS"})
          .with_hint({"tls-port of its redis.conf, or redis:// without TLS",
                      "请使用其 redis.conf 中的 tls-port，或改用不加密的 redis://"});
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return make_error(ErrorKind::unauthorized,
                        {"it does not believe us: {}", "对方不信任本机：{}"}, reason_of(code))
          .with_hint({"relay.redis.tls_certificate and relay.redis.tls_key name a certificate "
                      "that it accepts (tls-auth-clients of its redis.conf)",
                      "请在 relay.redis.tls_certificate 和 relay.redis.tls_key 中指定其接受的证书"
                      "（见其 redis.conf 的 tls-auth-clients）"});
    default:
      break;
  }
  if (code == 0 || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    return ended(*ssl, {"Server closed the connection", "服务器关闭了连接"});
  return make_error(ErrorKind::unreachable, {"{}", "{}"}, reason_of(code));
}

}  // namespace tidemark::redis
