#include "http/router.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"

namespace lumenflow::http {
namespace {

constexpr std::size_t kMethods = static_cast<std::size_t>(Method::kOther) + 1;
constexpr std::size_t kSegmentsMax = 32;

Error bad_path(std::string_view why) { return Error(ErrorCode::kInvalidRequest, "the path " + std::string(why)); }

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  segments.reserve(8);
  while (!path.empty()) {
    path.remove_prefix(1);  // the '/'
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

// What a percent-decoded segment may be, so that no id or name can climb or hide.
Result<std::string> decode_segment(std::string_view segment) {
  std::optional<std::string> text = percent_decode(segment);
  if (!text) return bad_path("has a malformed percent-encoding");
  if (text->find('/') != std::string::npos) return bad_path("has an escaped '/'");
  if (text->find('\0') != std::string::npos) return bad_path("has a NUL");
  if (*text == "." || *text == "..") return bad_path("has a '.' or '..' segment");
  if (!is_valid_utf8(*text)) return bad_path("is not UTF-8");
  return *std::move(text);
}

Result<std::map<std::string, std::string, std::less<>>> parse_query(std::string_view query) {
  std::map<std::string, std::string, std::less<>> values;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::optional<std::string> name = percent_decode(pair.substr(0, equals));
    std::optional<std::string> value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return Error(ErrorCode::kInvalidRequest, "the query has a malformed percent-encoding");
    if (!is_valid_utf8(*name) || !is_valid_utf8(*value))
      return Error(ErrorCode::kInvalidRequest, "the query is not UTF-8");
    values.emplace(*std::move(name), *std::move(value));
  }
  return values;
}

}  // namespace

struct Router::Node {
  struct Leaf {
    std::vector<std::string> names;  // of the parameters, in order
    RouteHandler handler;
  };
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::array<std::optional<Leaf>, kMethods> leaves;

  bool is_route() const {
    return std::ranges::any_of(leaves, [](const auto& leaf) { return leaf.has_value(); });
  }

  const Leaf* leaf(Method method) const {
    const auto& exact = leaves[static_cast<std::size_t>(method)];
    if (exact) return &*exact;
    const auto& get = leaves[static_cast<std::size_t>(Method::kGet)];
    return method == Method::kHead && get ? &*get : nullptr;
  }

  std::string allow() const {
    std::string text;
    const auto append = [&](Method method) {
      if (!text.empty()) text += ", ";
      text += name(method);
    };
    for (std::size_t i = 0; i < kMethods; ++i)
      if (leaf(static_cast<Method>(i)) != nullptr) append(static_cast<Method>(i));
    return text;
  }

  // Where `segments` lead, literals first; `captured` gets the indices of those that parameters took.
  const Node* find(const std::vector<std::string>& segments, std::size_t at, std::vector<std::size_t>& captured) const {
    if (at == segments.size()) return is_route() ? this : nullptr;
    if (const auto next = literals.find(segments[at]); next != literals.end())
      if (const Node* found = next->second->find(segments, at + 1, captured)) return found;
    if (!parameter || segments[at].empty()) return nullptr;
    captured.push_back(at);
    if (const Node* found = parameter->find(segments, at + 1, captured)) return found;
    captured.pop_back();
    return nullptr;
  }
};

Router::Router() : root_(std::make_shared<Node>()) {}

void Router::add(Method method, std::string pattern, RouteHandler handler) {
  LUMENFLOW_CHECK(pattern.starts_with('/') && method != Method::kOther);
  Node* node = root_.get();
  Node::Leaf leaf;
  for (const std::string_view segment : split(pattern)) {
    const bool parameter = segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
    auto& next = parameter ? node->parameter : node->literals[std::string(segment)];
    if (!next) next = std::make_unique<Node>();
    if (parameter) leaf.names.emplace_back(segment.substr(1, segment.size() - 2));
    node = next.get();
  }
  leaf.handler = std::move(handler);
  auto& place = node->leaves[static_cast<std::size_t>(method)];
  LUMENFLOW_CHECK(!place.has_value());
  place = std::move(leaf);
}

Status Router::route(Request request, std::unique_ptr<Responder>& responder) const {
  const std::string_view target = request.target;
  const std::size_t query_at = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, query_at);
  if (!path.starts_with('/')) return Error(ErrorCode::kNotFound, "there is nothing at this path");
  std::vector<std::string> segments;
  segments.reserve(8);
  for (const std::string_view segment : split(path)) {
    if (segments.size() == kSegmentsMax) return bad_path("has too many segments");
    LUMENFLOW_TRY_ASSIGN(std::string decoded, decode_segment(segment));
    segments.push_back(std::move(decoded));
  }
  std::vector<std::size_t> captured;
  const Node* node = root_->find(segments, 0, captured);
  if (node == nullptr) return Error(ErrorCode::kNotFound, "there is nothing at this path");
  const Node::Leaf* leaf = node->leaf(request.method);
  if (leaf == nullptr)
    return Error(ErrorCode::kMethodNotAllowed,
                 "this path does not take the method " + std::string(name(request.method)), {{"allow", node->allow()}});
  LUMENFLOW_TRY_ASSIGN(auto query, parse_query(target.substr(std::min(query_at + 1, target.size()))));
  RoutedRequest routed{std::move(request), {}, std::move(query)};
  for (std::size_t i = 0; i < captured.size(); ++i)
    routed.path.emplace(leaf->names[i], std::move(segments[captured[i]]));
  leaf->handler(std::move(routed), std::move(responder));
  return {};
}

}  // namespace lumenflow::http
