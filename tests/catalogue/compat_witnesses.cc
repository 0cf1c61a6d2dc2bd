// Prints, a line each, a schema, a later one, and a payload that the first takes and the second refuses: for another
// validator to judge.
#include <cstdio>

#include "catalogue/schema_inclusion.h"
#include "catalogue/testing/schema_pairs.h"

int main() {
  using namespace lumenflow;
  for (const catalogue::SchemaPair& pair : catalogue::schema_pairs()) {
    const json::Value from = *json::parse(pair.from), by = *json::parse(pair.by);
    for (const catalogue::SchemaBreak& found : catalogue::not_taken(&from, &by)) {
      if (!found.witness) continue;
      const json::Value line = json::Object{{"from", from}, {"by", by}, {"witness", *found.witness}};
      std::printf("%s\n", json::serialize(line).c_str());
    }
  }
}
