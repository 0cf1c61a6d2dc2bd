// Calls of a server behind a URL: one session for all of them, made anew when the server has lost it.
#include <cstdlib>
#include <utility>

#include "mounts/http_channel.h"
#include "mounts/mounted_turn.h"

namespace lumenflow::mounts {

pack::ToolResult MountedPack::call_remote(Turn& turn) {
  Result<HttpTarget> target = target_of(url_, turn.run.scopes().network);
  if (!target.ok()) return crash(target.error(), true);
  turn.run.held_by("remote: " + target->url.origin());
  HttpOptions options;
  options.ca_file = options_.ca_file;
  if (!bearer_env_.empty()) {
    const char* const token = std::getenv(bearer_env_.c_str());
    if (token == nullptr || *token == '\0')
      return crash(Error(ErrorCode::kInvalidConfiguration,
                         "the environment variable " + bearer_env_ + " is not set where lumenflow was started"),
                   true);
    options.bearer = token;
    secrets_.add(token);
  }
  const ChannelLimits limits = channel_limits(options_);
  for (bool again = false;; again = true) {
    Known known;
    std::string session;
    {
      const std::lock_guard lock(remote_mutex_);
      HttpChannel channel(*target, options, limits, ids_, remote_session_);
      const Status ready = make_ready(channel, remote_, turn);
      remote_session_ = channel.session();
      if (!ready.ok()) {
        const bool lost = channel.session_lost();
        remote_ = {};
        remote_session_.clear();
        if (lost && !again) continue;
        return crash(ready.error(), true);
      }
      known = remote_;
      session = remote_session_;
    }
    HttpChannel channel(*target, options, limits, ids_, session);
    channel.speaks(known.peer.revision);
    pack::ToolResult result = ask(channel, known, turn);
    const std::lock_guard lock(remote_mutex_);
    remote_.stale = remote_.stale || known.stale;
    if (!channel.session_lost()) return result;
    if (remote_session_ == session) {
      remote_ = {};
      remote_session_.clear();
    }
    if (again) return result;  // the server did nothing of it, so it is asked once more
  }
}

}  // namespace lumenflow::mounts
