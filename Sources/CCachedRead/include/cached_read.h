#pragma once

#include <stdint.h>
#include <sys/types.h>

/// Reads like pread(2), but only what the system has in memory.
///
/// Returns how many bytes were read, which may be fewer than asked for; -1 when none could be had without waiting for
/// the disk, or where the system cannot say.
ssize_t spx_read_cached(int descriptor, void *buffer, size_t count, int64_t offset);
