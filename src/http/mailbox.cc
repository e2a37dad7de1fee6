#include "http/mailbox.h"

#include "base/check.h"
#include "http/connection.h"
#include "http/problem.h"

namespace tidemark::http {
namespace {

/// What a Respond is made of.
class Answering {
 public:
  explicit Answering(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Answering(Answering&&) noexcept = default;
  Answering& operator=(Answering&&) = delete;
  ~Answering() {
    if (exchange_)
      give(
          problem(500, "internal_error", {"the request was dropped unanswered", "请求未得到处理"}));
  }

  void operator()(Response response) {
    check(exchange_ != nullptr, "a request is answered once");
    give(std::move(response));
  }

 private:
  void give(Response response) {
    const std::shared_ptr<Mailbox> mailbox = exchange_->mailbox;
    mailbox->put(std::move(exchange_), std::move(response));
  }
  std::shared_ptr<Exchange> exchange_;
};

void hand_over(Exchange& exchange, Response response) {
  if (exchange.connection == nullptr) return;
  exchange.answer = std::move(response);
  exchange.connection->wake();
}

}  // namespace

void Mailbox::put(std::shared_ptr<Exchange> exchange, Response response) {
  if (std::this_thread::get_id() == io_thread_) {
    hand_over(*exchange, std::move(response));
    return;
  }
  const std::scoped_lock lock(mutex_);
  if (!wake_) return;
  letters_.emplace_back(std::move(exchange), std::move(response));
  if (letters_.size() == 1) wake_();
}

void Mailbox::deliver() {
  std::vector<Letter> letters;
  {
    const std::scoped_lock lock(mutex_);
    letters.swap(letters_);
  }
  for (auto& [exchange, response] : letters) hand_over(*exchange, std::move(response));
}

void Mailbox::close() {
  std::vector<Letter> undelivered;
  const std::scoped_lock lock(mutex_);
  wake_ = nullptr;
  undelivered.swap(letters_);
}

Respond respond_to(std::shared_ptr<Exchange> exchange) { return Answering(std::move(exchange)); }

}  // namespace tidemark::http
