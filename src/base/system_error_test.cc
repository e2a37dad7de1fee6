#include "base/system_error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace tidemark {
namespace {

TEST(SystemError, NamesThingAndReason) {
  const Result<void> failed = fail_errno(EACCES, {"cannot open {}", "无法打开 {}"}, "a.json");
  EXPECT_EQ(failed.error().kind, ErrorKind::io);
  EXPECT_EQ(failed.error().what.en, "cannot open a.json: Permission denied");
  EXPECT_EQ(failed.error().what.zh, "无法打开 a.json：Permission denied");
}

TEST(SystemError, TellsAFullDiskFromOtherFailures) {
  EXPECT_EQ(kind_of_errno(ENOSPC), ErrorKind::no_space);
  EXPECT_EQ(kind_of_errno(EDQUOT), ErrorKind::no_space);
  EXPECT_EQ(kind_of_errno(ENOENT), ErrorKind::not_found);
  EXPECT_EQ(kind_of_errno(EIO), ErrorKind::io);
}

TEST(SystemError, AFullDiskSaysWhatToDo) {
  const Result<void> full = fail_errno(ENOSPC, {"cannot write {}", "无法写入 {}"}, "a.json");
  EXPECT_NE(full.error().hint.en.find("df -h"), std::string::npos);
  EXPECT_NE(full.error().hint.zh.find("df -h"), std::string::npos);
  const Result<void> other = fail_errno(EIO, {"cannot write {}", "无法写入 {}"}, "a.json");
  EXPECT_TRUE(other.error().hint.empty());
}

}  // namespace
}  // namespace tidemark
