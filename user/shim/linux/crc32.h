/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: CRC-32C, a bit at a time. */
#ifndef KELP_SHIM_CRC32_H
#define KELP_SHIM_CRC32_H

#include <linux/types.h>

static inline u32 __crc32c_le(u32 crc, const u8 *data, size_t len)
{
	int bit;

	while (len--) {
		crc ^= *data++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

#endif /* KELP_SHIM_CRC32_H */
