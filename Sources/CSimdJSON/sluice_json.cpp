#include "sluice_json.h"
#include <simdjson.h>
