// The body of an answer on its way to a child, as http/body notifications of whole characters.
//
// One body; the thread of the run.
#pragma once

#include <string>
#include <string_view>

#include "hosts/aside.h"
#include "lumenflow/fetch.h"
#include "lumenflow/json.h"

namespace lumenflow::hosts {

class BodyStream {
 public:
  // `id` is the request's.
  BodyStream(Aside& aside, std::string run_id, json::Value id)
      : aside_(aside), run_id_(std::move(run_id)), id_(std::move(id)) {}

  bool take(const pack::HttpResponse& head, std::string_view piece);  // false: the child wants no more
  bool finish();  // says what is left: the beginning of a character that never ended

 private:
  bool say(const pack::HttpResponse* head, std::string_view text);

  Aside& aside_;
  const std::string run_id_;
  const json::Value id_;
  bool has_head_ = false;
  std::string rest_;  // of a character
};

// How many bytes at the end of `text` begin a character that is not whole yet (RFC 3629).
std::size_t unfinished_bytes(std::string_view text);
json::Object headers_of(const pack::HttpResponse& response);

}  // namespace lumenflow::hosts
