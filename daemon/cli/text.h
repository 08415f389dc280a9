/*
 * text - what people read: clean letters, aligned columns, counts, times.
 *
 * Holds:      no byte of a foreign text steers the terminal or hides other
 *             text; wide letters (Hangul, Han) count as two columns.
 * Trusts:     that the locale is UTF-8 (main.c sets it).
 * Leaves out: JSON (json_out.h), indicators (entry.h).
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "core/base/buf.h"

#include <stdio.h>

/* Write foreign text on one line: control characters, bytes that are no
 * UTF-8 and letters that turn the direction of writing stand as \x1b or
 * \u202e. */
void text_put_clean(struct buf *out, struct slice text);

/* Count the columns that clean text takes. */
size_t text_width(struct slice text);

/* Write a count with commas: 18,204. */
void text_put_count(struct buf *out, uint64_t count);

/* Write bytes by the largest unit that is not below one: 1.2 GiB. */
void text_put_bytes(struct buf *out, uint64_t bytes);

/* Write "1 entry", "3 entries". */
void text_put_counted(struct buf *out, uint64_t count, const char *one,
                      const char *many);

/* A place in the lanes from one team to another. */
struct text_place {
    uint64_t epoch, index;
};

/* Write places: #18205, #18205-18207, #2.118-120, #18205 to #1.3. */
void text_put_range(struct buf *out, struct text_place first,
                    struct text_place last);

/* Write a point in time in UTC: 2026-11-23 17:04:11Z. */
void text_put_time(struct buf *out, uint64_t ms);

/* Write it short, for columns: 11-23 17:04Z. */
void text_put_time_short(struct buf *out, uint64_t ms);

/* Write the time of day with tenths: 17:04:12.4Z. */
void text_put_clock(struct buf *out, uint64_t ms);

/* Write the day: 2027-02-21. */
void text_put_day(struct buf *out, uint64_t ms);

/* Write it for programs, with milliseconds: 2026-11-23T17:04:11.120Z. */
void text_put_stamp(struct buf *out, uint64_t ms);

/* Write a time span by its two largest units: 2 d 3 h. */
void text_put_span(struct buf *out, uint64_t ms);

/* Rows of cells, aligned when they are printed. */
#define GRID_COLUMNS 12

struct grid {
    struct buf bytes; /* of all cells */
    struct grid_cell *cells;
    size_t cell_count, cell_capacity;
    size_t printed; /* cells */
    size_t column;  /* of the row being filled */
    size_t widths[GRID_COLUMNS];
    bool right[GRID_COLUMNS]; /* numbers stand to the right */
};

/* Add a cell of clean text to the row. */
void grid_add(struct grid *g, struct slice text);
void grid_end_row(struct grid *g);

/* Print the next so many rows, where other lines stand between them. */
void grid_print_rows(struct grid *g, FILE *out, size_t rows);

/* Print the rows and forget them; columns never get narrower, so that pages
 * printed one after another stay aligned. */
void grid_print(struct grid *g, FILE *out);
void grid_clear(struct grid *g);

#endif
