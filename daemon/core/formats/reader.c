#include "core/formats/reader.h"

const struct format_fault format_empty_list = {
    .weight = FAULT_REMARK,
    .code = ERR_VALUE,
    .text = "this list is empty: nothing of it is kept",
    .line = 1,
    .column = 1,
    .is_left_out = true};
