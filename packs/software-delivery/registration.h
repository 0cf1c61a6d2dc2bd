// The pack software-delivery, compiled into lumenflow.
#pragma once

#include "lumenflow/pack.h"

namespace lumenflow {

const pack::BuiltinPack& software_delivery_pack();

}  // namespace lumenflow
