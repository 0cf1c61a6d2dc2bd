// Ranks texts by how well they answer a query: Okapi BM25 with k1 = 1.2 and b = 0.75 (Robertson and Zaragoza, The
// Probabilistic Relevance Framework, 2009), with the inverse document frequency that is never negative.
//
// Texts are seen once, in any order, and not kept: memory grows with those that hold a word of the query. Not thread
// safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lumenflow::sidekick {

struct Hit {
  std::string id;
  double score = 0;
};

// Best first; of equals the newer one, so the greater id.
bool ranks_before(const Hit& a, const Hit& b);

class Ranking {
 public:
  explicit Ranking(std::vector<std::string> words);  // as query_words gives them

  // Every text of the collection makes the figures; only a candidate can become a hit.
  void add(std::string_view id, const std::vector<std::string_view>& texts, bool is_candidate);
  // Those that hold at least one of the words, in their order.
  std::vector<Hit> hits() const;

 private:
  struct Candidate {
    std::string id;
    std::uint32_t length;               // in words
    std::vector<std::uint32_t> counts;  // of each word
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> words_;  // -> place in the counts
  std::vector<std::uint64_t> texts_with_;                                      // by word
  std::uint64_t texts_ = 0;
  std::uint64_t length_ = 0;  // of all texts
  std::vector<Candidate> candidates_;
  std::vector<std::uint32_t> counts_;  // of the text at hand; reused
};

}  // namespace lumenflow::sidekick
