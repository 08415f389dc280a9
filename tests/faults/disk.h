/*
 * disk - a disk in memory that keeps no promise but those of POSIX.
 *
 * Holds:      every file has two contents: what a process reads, and what the
 *             plates hold. A sync makes them one. At a power loss each sector
 *             of 512 bytes that was written since takes any of its versions,
 *             in no order; so do sizes, and names unless their folder was
 *             synced. After a sync that failed the bytes count as written,
 *             and nobody knows which are; sizes and names wait for the next
 *             one, since a journaling file system would stop altogether.
 * Leaves out: descriptors, and which call fails (calls.h).
 */
#ifndef TESTS_FAULTS_DISK_H
#define TESTS_FAULTS_DISK_H

#include "core/base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_SECTOR 512
#define DISK_NAME_MAX 32

struct disk;
struct file;

struct disk *disk_new(uint64_t seed);
void disk_free(struct disk *d);

/* Draw a number below `n` from the disk's own generator. */
uint64_t disk_dice(struct disk *d, uint64_t n);

/* ---- files: what a call does when nothing goes wrong ---- */
struct file *disk_root(struct disk *d);
bool file_is_folder(const struct file *f);
uint64_t file_number(const struct file *f);
uint64_t file_size(const struct file *f);

/* Find a name in a folder, "." and ".." too; NULL if it is not there. */
struct file *folder_find(struct file *folder, const char *name);

/* Give the name at a position; NULL behind the last. */
const char *folder_name(const struct file *folder, size_t i);

/* Make a file or folder; remove a name; rename over whatever has it. */
struct file *folder_make(struct file *folder, const char *name, bool is_folder);
void folder_remove(struct file *folder, const char *name);
void folder_rename(struct file *folder, const char *from, const char *to);

/* Read fewer bytes at the end of the file. */
size_t file_read(const struct file *f, uint64_t at, uint8_t *out, size_t size);
void file_write(struct file *f, uint64_t at, struct slice bytes);
void file_resize(struct file *f, uint64_t size);
void file_sync(struct file *f);

/* The sync fails: some bytes reach the plates, and all count as written. */
void file_sync_fails(struct file *f);

/* ---- what goes wrong with a disk ---- */
enum survival {
    SURVIVES_NOTHING, /* of what was not synced */
    SURVIVES_ALL,
    SURVIVES_SOME,
    SURVIVAL_COUNT
};
void disk_power_loss(struct disk *d, enum survival what);

/* Drop pages that count as written: reading gives what the plates hold. */
void disk_forget(struct disk *d);

/* Bytes that files may take; UINT64_MAX for no bound. */
void disk_set_room(struct disk *d, uint64_t bytes);
uint64_t disk_room_left(const struct disk *d);
bool disk_has_room(const struct disk *d, const struct file *f, uint64_t size);

/* Syncs from now on say that they did, and do nothing. */
void disk_set_lying(struct disk *d, bool lies);

/* Flip one bit of a file, on the plates as in memory. */
void file_flip(struct file *f, uint64_t at, unsigned bit);

/* Let every read of one sector fail, until it can be read again. */
void file_rot(struct file *f, uint64_t at);
void file_rot_ends(struct file *f);
bool file_is_rotten(const struct file *f, uint64_t at, size_t size);

/* Note who holds the file's lock; NULL for nobody. */
void file_lock(struct file *f, const void *who);
const void *file_locked(const struct file *f);

#endif
