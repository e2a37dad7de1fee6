#include "cli/chosen_export.h"

#include <fmt/ranges.h>

#include "export/source_record.h"
#include "export/state_directory.h"

namespace tidemark::cli {

std::vector<Flag> tree_flags() {
  return {{.names = "--export",
           .kind = FlagKind::value,
           .placeholder = "NAME",
           .fallback = "invoices",
           .text = {"Which export: NAME of [export.NAME] in the configuration",
                    "哪个导出：配置中 [export.NAME] 的 NAME"}},
          {.names = "-o,--output-dir",
           .kind = FlagKind::value,
           .placeholder = "DIR",
           .text = {"Output folder, if not the configured one", "输出目录（如与配置不同）"}}};
}

std::vector<Flag> tree_and_source_flags() {
  std::vector<Flag> flags = tree_flags();
  flags.push_back({.names = "--source",
                   .kind = FlagKind::value,
                   .key = "export.invoices.source",
                   .placeholder = "URL"});
  return flags;
}

Result<std::string> chosen_name(const Context& context) {
  std::string name = context.arguments.value("--export").value_or("invoices");
  if (!context.settings.exports().contains(name)) {
    return fail(ErrorKind::usage,
                {"there is no export '{}'; there are: {}", "没有名为“{}”的导出；现有：{}"}, name,
                fmt::join(context.settings.exports(), ", "));
  }
  return name;
}

Result<ChosenExport> chosen_export(const Context& context) {
  Result<std::string> name = chosen_name(context);
  if (!name) return fail(std::move(name).error());
  std::string output = export_output(context.settings, *name);
  if (auto given = context.arguments.value("--output-dir")) output = std::move(*given);
  return ChosenExport{.name = std::move(*name), .output = std::move(output)};
}

Result<exporter::ExportOptions> options_of_tree(const Context& context,
                                                const ChosenExport& chosen) {
  exporter::ExportOptions options = configured_options(context.settings, chosen.name);
  options.output = chosen.output;
  const Result<std::optional<exporter::SourceRecord>> record =
      exporter::SourceRecord::load(exporter::state_directory_of(chosen.output));
  if (!record) return fail(record.error());
  if (*record) {
    if ((*record)->layout == "ndjson") options.layout = exporter::Layout::ndjson;
    if ((*record)->layout == "files") options.layout = exporter::Layout::files;
  }
  return options;
}

Result<ExportSource> chosen_source(const Context& context, const std::string& name) {
  if (name != "invoices" &&
      context.settings.setting("export.invoices.source").origin == config::Origin::flag) {
    return fail(ErrorKind::usage,
                {"--source is for the invoices; export.{}.source says where '{}' comes from",
                 "--source 仅用于 invoices；“{1}”的数据源由 export.{0}.source 指定"},
                name, name);
  }
  return export_database(context, name);
}

}  // namespace tidemark::cli
