#include "acme_demo.h"
#include "lumenflow/process.h"

int main() { return lumenflow::pack::run(acme_demo::register_pack); }
