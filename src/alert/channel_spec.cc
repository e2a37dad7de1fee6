#include "alert/channel_spec.h"

#include "alert/http_channel.h"
#include "alert/smtp_channel.h"

namespace tidemark::alert {

Result<void> check_channel(const ChannelSpec& spec) {
  if (spec.options.levels.empty())
    return fail(ErrorKind::invalid_config,
                {"levels: must be one or more of critical, warning, notice",
                 "levels：必须是 critical、warning、notice 中的一个或多个"});
  if (const auto* robot = std::get_if<RobotOptions>(&spec.how)) return check_robot(*robot);
  return check_mail(std::get<MailOptions>(spec.how));
}

std::unique_ptr<Channel> make_channel(const ChannelSpec& spec, http::HttpClient& client) {
  if (const auto* robot = std::get_if<RobotOptions>(&spec.how))
    return std::make_unique<HttpChannel>(spec.options, *robot, spec.ca_file, client);
  MailOptions mail = std::get<MailOptions>(spec.how);
  mail.ca_file = spec.ca_file;
  return std::make_unique<SmtpChannel>(spec.options, std::move(mail));
}

}  // namespace tidemark::alert
