// What the page's calls go with where the operator's key is at hand: a token that this workspace mints for whoever is
// at the console, so that agents may take turns, too, which the socket alone does not permit. It never leaves the
// process.
//
// The io thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "local_page/inner.h"
#include "local_page/operator_hand.h"

namespace lumenflow::local_page {

class Grant {
 public:
  struct Ports {
    const Clock& clock;
    const OperatorHand& hand;
    const Inner& inner;
    std::string subject;
  };
  explicit Grant(Ports ports) : ports_(std::move(ports)) {}
  // Gives `question` the token, minted when first needed and anew before it is over; without one it asks as the
  // socket's peer.
  void with(Ask question, std::function<void(Ask)> then);

 private:
  void mint();
  void minted(const Told& told);
  void go_on();

  Ports ports_;
  std::string token_;
  Timestamp until_{};
  std::vector<std::function<void()>> waiting_;
};

}  // namespace lumenflow::local_page
