// From libfyaml's events to a value with places. Private to yaml.cc; one reader reads one text once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "lumenflow/json.h"
#include "pack/yaml.h"

struct fy_event;
struct fy_token;

namespace lumenflow::pack::yaml {

// Takes events one by one. Faults in meaning (a key twice, an unknown alias) are reported and reading goes on.
class Reader {
 public:
  Reader(YamlDocument& out, std::string_view code, Diagnostics& diagnostics)
      : out_(out), code_(code), diagnostics_(diagnostics) {}

  // False when there is no sense in going on: a limit was passed, a second document began.
  bool take(fy_event& event);
  void report(int line, int column, std::string message, std::string help = {});
  std::string line(int number) const { return out_.line_at({out_.file, number, 1}); }
  bool faultless() const { return faultless_; }
  bool saw_document() const { return saw_document_; }

 private:
  struct Anchor {
    json::Value value;
    std::size_t nodes = 0, bytes = 0, depth = 0;
    bool complete = false;  // false inside itself
  };
  struct Frame {  // an array or object that is being read
    json::Value value;
    std::string anchor;
    std::size_t pointer_size = 0;  // of pointer_ before this value's own token
    std::size_t nodes_before = 0, bytes_before = 0;
    std::size_t depth = 0;  // of the deepest value inside
    std::unordered_set<std::string> keys;
    bool expects_key = false;        // a map before each of its keys
    std::optional<std::string> key;  // nothing while a value comes: its key was refused, the value is forgotten
    bool is_key = false;             // stands where a key should
    bool forgotten = false;          // is read for its faults only
  };

  bool scalar(fy_event& event);
  bool alias(fy_event& event);
  std::string scalar_text(fy_token* token) const;
  json::Value scalar_value(std::string_view text, bool plain, std::string_view tag);
  bool open(json::Value empty, fy_token* anchor, fy_token* tag);
  bool close();
  bool expects_key() const { return !frames_.empty() && frames_.back().expects_key; }
  bool forgets_value() const;  // whether the coming value is read for its faults only
  void take_key(std::string key);
  void refuse_key(std::string why, std::string help = "write the key as a plain word, or between quotes");
  void enter_value();  // appends the coming value's token to pointer_ and notes its place
  void deliver(json::Value value, std::size_t pointer_size);
  bool charge(std::size_t nodes, std::size_t bytes);
  void check_tag(fy_token* tag, std::string_view what);

  YamlDocument& out_;
  const std::string_view code_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  std::map<std::string, Anchor, std::less<>> anchors_;
  std::string pointer_;
  int line_ = 1, column_ = 1;  // of the current event
  std::size_t nodes_ = 0, bytes_ = 0;
  bool faultless_ = true, saw_document_ = false;
};

}  // namespace lumenflow::pack::yaml
