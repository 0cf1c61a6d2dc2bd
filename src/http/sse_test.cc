#include "http/sse.h"

#include <gtest/gtest.h>

namespace lumenflow::http {
namespace {

std::string frame(const SseEvent& event) {
  std::string out;
  append_sse(out, event);
  return out;
}

TEST(Sse, FramesIdEventAndData) {
  EXPECT_EQ(frame({.id = "7", .event = "task:created", .data = "{}"}), "id: 7\nevent: task:created\ndata: {}\n\n");
  EXPECT_EQ(frame({.data = "x"}), "data: x\n\n");
  EXPECT_EQ(frame({}), "data: \n\n");
}

TEST(Sse, ALineBreakInDataCannotForgeAField) {
  EXPECT_EQ(frame({.data = "a\nid: 9"}), "data: a\ndata: id: 9\n\n");
  EXPECT_EQ(frame({.data = "a\r\nb\rc\n"}), "data: a\ndata: b\ndata: c\ndata: \n\n");
  EXPECT_EQ(frame({.data = "a\n\nb"}), "data: a\ndata: \ndata: b\n\n");
  EXPECT_EQ(frame({.id = std::string_view("1\n2\0", 4), .event = "a\r\nb", .data = "x"}),
            "id: 12\nevent: ab\ndata: x\n\n");
}

}  // namespace
}  // namespace lumenflow::http
