#ifndef SPECTRAX_CTURBOJPEG_SHIM_H
#define SPECTRAX_CTURBOJPEG_SHIM_H

#include <turbojpeg.h>

/// The TurboJPEG name of the bytes of a cairo RGB24 pixel: a native-endian 32-bit 0x00RRGGBB.
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static const int spectrax_tjpf_cairo_rgb24 = TJPF_XRGB;
#else
static const int spectrax_tjpf_cairo_rgb24 = TJPF_BGRX;
#endif

static const int spectrax_tjsamp_420 = TJSAMP_420;

#endif
