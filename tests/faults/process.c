#include "process.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In front of every block of the program. */
struct block {
    struct process *owner;
    struct block *next, *before;
    size_t size;
};

/* At the start of the memory that programs share. */
struct shared {
    size_t used;
    uint64_t struck;
};

struct process *process_now;

static struct {
    uint64_t count, left, struck;
    struct shared *shared;
    size_t shared_size;
} memory;

/* What the linker puts in place of the C library's. */
void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
_Noreturn void __real_abort(void);
_Noreturn void __real__exit(int status);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);
_Noreturn void __wrap_abort(void);
_Noreturn void __wrap__exit(int status);
int __wrap_fprintf(FILE *to, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int __wrap___fprintf_chk(FILE *to, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t __real_fwrite(const void *bytes, size_t size, size_t count, FILE *to);
size_t __wrap_fwrite(const void *bytes, size_t size, size_t count, FILE *to);
int __real_fputs(const char *text, FILE *to);
int __wrap_fputs(const char *text, FILE *to);
int __real_fputc(int c, FILE *to);
int __wrap_fputc(int c, FILE *to);

/* ---- running ---- */

void
process_begin(struct process *p, struct disk *d)
{
    memset(p, 0, sizeof *p);
    p->disk = d;
}

enum ending
process_run(struct process *p, void (*work)(void *context), void *context)
{
    assert(!process_now && p->ending == ENDED_NOT);
    process_now = p;
    if (setjmp(p->away) == 0)
        work(context);
    process_now = NULL;
    return p->ending;
}

_Noreturn void
process_end(enum ending how, int status)
{
    struct process *p = process_now;

    assert(p);
    p->ending = how;
    p->status = status;
    longjmp(p->away, 1);
}

struct process *
process_pause(void)
{
    struct process *p = process_now;

    process_now = NULL;
    return p;
}

void
process_resume(struct process *p)
{
    process_now = p;
}

void
process_bury(struct process *p)
{
    while (p->blocks && !memory.shared)
        __wrap_free(p->blocks + 1);
    process_forget(p);
}

void
process_forget(struct process *p)
{
    p->blocks = NULL;
    for (size_t i = 0; i < PROCESS_FILES_MAX; i++) {
        struct file *f = p->files[i].file;
        if (f && file_locked(f) == &p->files[i])
            file_lock(f, NULL);
        p->files[i].file = NULL;
    }
}

size_t
process_leaks(const struct process *p)
{
    size_t count = 0;

    for (const struct block *b = p->blocks; b && !memory.shared; b = b->next)
        count++;
    for (size_t i = 0; i < PROCESS_FILES_MAX; i++)
        count += p->files[i].file != NULL;
    return count;
}

/* ---- memory ---- */

void
memory_fail(uint64_t left)
{
    memory.left = left;
    memory.struck = 0;
}

uint64_t
memory_count(void)
{
    return memory.count;
}

static bool
memory_strikes(void)
{
    if (!process_now)
        return false;
    memory.count++;
    if (memory.left == 0 || --memory.left)
        return false;
    memory.struck++;
    if (memory.shared)
        memory.shared->struck++;
    errno = ENOMEM;
    return true;
}

void
memory_share(void *at, size_t bytes)
{
    memory.shared = at;
    memory.shared_size = bytes;
    if (!memory.shared->used)
        memory.shared->used = (sizeof *memory.shared + 15) & ~(size_t)15;
}

uint64_t
memory_shared_struck(void)
{
    return memory.shared->struck;
}

static bool
is_shared(const struct block *b)
{
    const uint8_t *at = (const uint8_t *)b;
    const uint8_t *start = (const uint8_t *)memory.shared;

    return start && at >= start && at < start + memory.shared_size;
}

static struct block *
block_new(size_t size)
{
    if (!memory.shared || process_now)
        return __real_malloc(sizeof(struct block) + size);
    size_t whole = (sizeof(struct block) + size + 15) & ~(size_t)15;
    if (whole > memory.shared_size - memory.shared->used)
        return NULL;
    uint8_t *at = (uint8_t *)memory.shared + memory.shared->used;
    memory.shared->used += whole;
    return (struct block *)at;
}

static void
block_link(struct block *b)
{
    b->owner = process_now;
    b->next = NULL;
    b->before = NULL;
    if (!b->owner)
        return;
    b->next = b->owner->blocks;
    if (b->next)
        b->next->before = b;
    b->owner->blocks = b;
}

static void
block_unlink(struct block *b)
{
    if (!b->owner)
        return;
    if (b->next)
        b->next->before = b->before;
    if (b->before)
        b->before->next = b->next;
    else
        b->owner->blocks = b->next;
}

void *
__wrap_malloc(size_t size)
{
    if (memory_strikes())
        return NULL;
    struct block *b = block_new(size);
    if (!b)
        return NULL;
    b->size = size;
    block_link(b);
    return b + 1;
}

void *
__wrap_calloc(size_t count, size_t size)
{
    void *at = __wrap_malloc(count * size);

    if (at)
        memset(at, 0, count * size);
    return at;
}

void
__wrap_free(void *at)
{
    struct block *b = at;

    if (!b)
        return;
    block_unlink(--b);
    if (!is_shared(b))
        __real_free(b);
}

void *
__wrap_realloc(void *old, size_t size)
{
    struct block *b = old;
    void *at = __wrap_malloc(size);

    if (!at || !b)
        return at;
    b--;
    memcpy(at, old, b->size < size ? b->size : size);
    __wrap_free(old);
    return at;
}

/* ---- ends, and what is said ---- */

_Noreturn void
__wrap_abort(void)
{
    if (process_now && memory.struck && !memory.shared)
        process_end(ENDED_MEMORY, 0);
    __real_abort();
}

_Noreturn void
__wrap__exit(int status)
{
    if (process_now)
        process_end(ENDED_EXIT, status);
    __real__exit(status);
}

/* Keep what is said, the end of it at least. */
static void
keep_said(struct process *p, const char *text, size_t size)
{
    size_t had = strlen(p->said);

    if (size >= PROCESS_SAID_MAX)
        size = PROCESS_SAID_MAX - 1;
    if (had + size >= PROCESS_SAID_MAX)
        had = 0;
    memcpy(p->said + had, text, size);
    p->said[had + size] = 0;
}

static int
say(FILE *to, const char *format, va_list arguments)
{
    char text[PROCESS_SAID_MAX];

    if (!process_now || to != stderr)
        return vfprintf(to, format, arguments);
    int n = vsnprintf(text, sizeof text, format, arguments);
    keep_said(process_now, text, strlen(text));
    return n;
}

int
__wrap_fprintf(FILE *to, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int n = say(to, format, arguments);
    va_end(arguments);
    return n;
}

int
__wrap___fprintf_chk(FILE *to, int flag, const char *format, ...)
{
    va_list arguments;

    (void)flag;
    va_start(arguments, format);
    int n = say(to, format, arguments);
    va_end(arguments);
    return n;
}

/* A compiler makes these of simple prints. */
size_t
__wrap_fwrite(const void *bytes, size_t size, size_t count, FILE *to)
{
    if (!process_now || to != stderr)
        return __real_fwrite(bytes, size, count, to);
    keep_said(process_now, bytes, size * count);
    return count;
}

int
__wrap_fputs(const char *text, FILE *to)
{
    if (!process_now || to != stderr)
        return __real_fputs(text, to);
    keep_said(process_now, text, strlen(text));
    return 0;
}

int
__wrap_fputc(int c, FILE *to)
{
    const char text = (char)c;

    if (!process_now || to != stderr)
        return __real_fputc(c, to);
    keep_said(process_now, &text, 1);
    return c;
}
