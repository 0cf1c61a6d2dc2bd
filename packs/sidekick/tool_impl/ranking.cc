#include "sidekick/tool_impl/ranking.h"

#include <algorithm>
#include <cmath>

#include "sidekick/tool_impl/words.h"

namespace lumenflow::sidekick {
namespace {

constexpr double kK1 = 1.2;
constexpr double kB = 0.75;

}  // namespace

bool ranks_before(const Hit& a, const Hit& b) { return a.score != b.score ? a.score > b.score : a.id > b.id; }

Ranking::Ranking(std::vector<std::string> words) : texts_with_(words.size()), counts_(words.size()) {
  for (std::string& word : words) words_.emplace(std::move(word), words_.size());
}

void Ranking::add(std::string_view id, const std::vector<std::string_view>& texts, bool is_candidate) {
  std::fill(counts_.begin(), counts_.end(), 0);
  std::uint32_t length = 0;
  bool found = false;
  const auto take = [&](std::string_view word, WordKind kind) {
    if (kind != WordKind::kPair) ++length;
    const auto at = words_.find(word);
    if (at == words_.end()) return;
    ++counts_[at->second];
    found = true;
  };
  for (const std::string_view text : texts) for_each_word(text, take);
  ++texts_;
  length_ += length;
  if (!found) return;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if (counts_[i] != 0) ++texts_with_[i];
  if (is_candidate) candidates_.push_back({std::string(id), length, counts_});
}

std::vector<Hit> Ranking::hits() const {
  const double texts = static_cast<double>(texts_);
  const double mean_length = length_ == 0 ? 1 : static_cast<double>(length_) / texts;
  std::vector<double> weights;
  for (const std::uint64_t with : texts_with_) {
    const double n = static_cast<double>(with);
    weights.push_back(std::log1p((texts - n + 0.5) / (n + 0.5)));
  }
  std::vector<Hit> hits;
  hits.reserve(candidates_.size());
  for (const Candidate& candidate : candidates_) {
    const double norm = kK1 * (1 - kB + kB * candidate.length / mean_length);
    double score = 0;
    for (std::size_t i = 0; i < weights.size(); ++i)
      score += weights[i] * candidate.counts[i] * (kK1 + 1) / (candidate.counts[i] + norm);
    hits.push_back({candidate.id, score});
  }
  std::sort(hits.begin(), hits.end(), ranks_before);
  return hits;
}

}  // namespace lumenflow::sidekick
