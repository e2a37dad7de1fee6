#include "cli/export_settings.h"

#include "cli/flag_value.h"
#include "config/source_url.h"

namespace tidemark::cli {

exporter::TableSpec export_table(const config::Settings& settings, const std::string& name) {
  const auto text = [&](std::string_view key) {
    return settings.text(fmt::format("export.{}.{}", name, key));
  };
  return {.name = name,
          .table = text("table"),
          .key = settings.list(fmt::format("export.{}.key", name)),
          .tenant = text("tenant_column"),
          .country = text("country_column"),
          .date = text("date_column"),
          .number = text("number_column"),
          .status = text("status_column"),
          .status_value = text("status_value"),
          .payload = text("payload_column"),
          .update_time = text("update_time_column"),
          .path = text("path")};
}

std::string export_output(const config::Settings& settings, const std::string& name) {
  const std::string key = fmt::format("export.{}.output", name);
  // Two tables in one tree would remove each other's files.
  if (!settings.is_set(key) && name != "invoices") return "context/" + name;
  return settings.text(key);
}

exporter::ExportOptions configured_options(const config::Settings& settings,
                                           const std::string& name) {
  const auto key = [&](std::string_view last) { return fmt::format("export.{}.{}", name, last); };
  const std::string& compress = settings.text(key("compress"));
  return exporter::ExportOptions{
      .output = export_output(settings, name),
      .layout = settings.text(key("layout")) == "ndjson" ? exporter::Layout::ndjson
                                                         : exporter::Layout::files,
      .compression = compress == "gzip"   ? exporter::Compression::gzip
                     : compress == "zstd" ? exporter::Compression::zstd
                                          : exporter::Compression::none,
      .compression_level = static_cast<int>(settings.integer(key("compress_level"))),
      .threads = static_cast<int>(settings.integer(key("threads"))),
      .margin = settings.duration(key("margin")),
      .fence = settings.text(key("fence")) == "on",
      .zone = settings.text(key("zone")),
      .prune = settings.boolean(key("prune")),
      .required_fields = settings.list(key("require_fields"))};
}

Result<exporter::ExportOptions> export_options(const Context& context, const std::string& name) {
  exporter::ExportOptions options = configured_options(context.settings, name);
  const Result<std::optional<std::int64_t>> limit = count_flag(context.arguments, "--limit", 1);
  if (!limit) return fail(limit.error());
  options.limit = *limit;
  if (context.arguments.has("--incremental")) options.mode = exporter::Mode::incremental;
  options.dry_run = context.arguments.has("--dry-run");
  options.tenants = context.arguments.values("--tenant");
  options.countries = context.arguments.values("--country");
  options.confirm_zone = context.arguments.has("--confirm-zone");
  options.confirm_source = context.arguments.has("--confirm-source");
  return options;
}

Result<ExportSource> export_database(const Context& context, const std::string& name) {
  Result<config::DatabaseAddress> address =
      config::export_source(context.settings, name, context.world.environment);
  if (!address) return fail(std::move(address.error()));
  Result<sql::Url> url = sql::Url::parse(address->url);
  if (!url) return fail(std::move(url.error()));
  if (!url->password) url->password = address->password;
  exporter::Connect connect = [url = *url] { return sql::connect(url, {.read_only = true}); };
  return ExportSource{.url = std::move(*url), .connect = std::move(connect)};
}

}  // namespace tidemark::cli
