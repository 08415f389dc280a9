/*
 * json_out - one JSON document a line, for programs.
 *
 * Holds:      names of fields are stable, values raw; what is no UTF-8 stands
 *             as base64 under the name with "-base64" added.
 * Leaves out: reading JSON (core/formats).
 */
#ifndef CLI_JSON_OUT_H
#define CLI_JSON_OUT_H

#include "core/base/slice.h"

#include <stdio.h>

struct json_out;

/* Begin writing to `out`; each document ends with a line feed. */
struct json_out *json_out_new(FILE *out);
void json_out_free(struct json_out *j);

/* Open and close the document, or an object or list inside it; `key` is NULL
 * at the top and in lists. The end of the outermost prints the line. */
void json_out_open(struct json_out *j, const char *key);
void json_out_open_list(struct json_out *j, const char *key);
void json_out_close(struct json_out *j);
void json_out_close_list(struct json_out *j);

/* Add a value; `key` is NULL in lists. Empty texts are left out of objects. */
void json_out_text(struct json_out *j, const char *key, struct slice text);
void json_out_str(struct json_out *j, const char *key, const char *text);
void json_out_number(struct json_out *j, const char *key, uint64_t number);
void json_out_truth(struct json_out *j, const char *key, bool truth);
void json_out_hex(struct json_out *j, const char *key, struct slice bytes);
void json_out_base64(struct json_out *j, const char *key, struct slice bytes);

/* Add a point in time, as 2026-11-23T17:04:11.120Z; 0 is left out. */
void json_out_time(struct json_out *j, const char *key, uint64_t ms);

#endif
