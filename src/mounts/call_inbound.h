// What a server says and asks while it works on a call, passed on to whoever made the call.
//
// One belongs to one call and is used by its thread.
#pragma once

#include <string>
#include <string_view>

#include "hosts/pack_log.h"
#include "lumenflow/pack.h"
#include "mounts/standing.h"

namespace lumenflow::mounts {

class CallInbound final : public Inbound {
 public:
  // `context` is null outside of a call. `token` is of the call's progress.
  CallInbound(pack::ToolContext* context, hosts::PackLog& log, json::Value token)
      : context_(context), log_(log), token_(std::move(token)) {}

  void notice(std::string_view method, const json::Value& params) override;
  void working(std::string_view message) override;
  Result<json::Value> answer(std::string_view method, const json::Value& params) override;
  Result<json::Object> answer_all(const json::Object& requests) override;
  // What may be asked of the caller.
  Offers offers() const;
  bool tools_changed() const { return tools_changed_; }

 private:
  void progress(const json::Value& params);

  pack::ToolContext* const context_;
  hosts::PackLog& log_;
  const json::Value token_;
  bool tools_changed_ = false;
};

// The params of what a server asks, as a person gets them: a question says which pack asks, since the form looks like
// LumenFlow's own. INVALID_INPUT for a question without words, and for a URL that is neither https nor of this machine.
Result<json::Value> asked_by(std::string_view tool, std::string_view method, json::Value params);

}  // namespace lumenflow::mounts
