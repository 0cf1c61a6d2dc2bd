# Scopes stand below the rest of pack: a library of their own, without YAML and manifests.
find_package(rapidcheck REQUIRED)

lumenflow_module(scope
  SOURCES enforced_scopes.cc glob.cc glob_automaton.cc glob_pattern.cc glob_product.cc scope.cc scope_network.cc scope_text.cc
  DEPENDS json base)

lumenflow_test(scope
  SOURCES enforced_scopes_test.cc glob_property_test.cc glob_test.cc scope_network_test.cc scope_test.cc
  DEPENDS scope
  LINK rapidcheck)
