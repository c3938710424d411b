// What Swift cannot import of FFmpeg's headers: macros as constants, and calls whose signature changed between versions.
#ifndef SPECTRAX_CFFMPEG_SHIM_H
#define SPECTRAX_CFFMPEG_SHIM_H

#include <libavcodec/avcodec.h>
#include <libavdevice/avdevice.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/dict.h>
#include <libavutil/display.h>
#include <libavutil/error.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/md5.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/sha.h>
#include <libavcodec/bsf.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

#if LIBAVFORMAT_VERSION_MAJOR < 59 || LIBAVFORMAT_VERSION_MAJOR > 61
#error "SpectraX supports libavformat 59 (FFmpeg 5) to 61 (FFmpeg 7)"
#endif

static const int64_t spx_nopts = AV_NOPTS_VALUE;
static const int spx_error_io = AVERROR(EIO);
static const int spx_error_eof = AVERROR_EOF;
static const int spx_error_again = AVERROR(EAGAIN);
static const int spx_error_exit = AVERROR_EXIT;
static const int spx_error_argument = AVERROR(EINVAL);
static const int spx_error_nomem = AVERROR(ENOMEM);
static const int spx_error_invalid = AVERROR_INVALIDDATA;
static const int spx_error_unauthorized = AVERROR_HTTP_UNAUTHORIZED;
static const int spx_error_forbidden = AVERROR_HTTP_FORBIDDEN;
static const int spx_error_not_found = AVERROR_HTTP_NOT_FOUND;
static const int spx_error_stream_not_found = AVERROR_STREAM_NOT_FOUND;
static const int spx_error_timed_out = AVERROR(ETIMEDOUT);

static const int spx_packet_key = AV_PKT_FLAG_KEY;
static const int spx_packet_corrupt = AV_PKT_FLAG_CORRUPT;
static const int spx_parser_complete_frames = PARSER_FLAG_COMPLETE_FRAMES;
static const uint32_t spx_tag_hvc1 = MKTAG('h', 'v', 'c', '1');
static const int spx_input_padding = AV_INPUT_BUFFER_PADDING_SIZE;
static const int spx_format_no_file = AVFMT_NOFILE;
static const int spx_format_no_timestamps = AVFMT_NOTIMESTAMPS;
static const int spx_codec_intra_only = AV_CODEC_PROP_INTRA_ONLY;
static const int spx_format_global_header = AVFMT_GLOBALHEADER;
static const int spx_codec_global_header = AV_CODEC_FLAG_GLOBAL_HEADER;
static const int spx_io_write = AVIO_FLAG_WRITE;
static const int spx_seek_backward = AVSEEK_FLAG_BACKWARD;

static const int spx_sws_area = SWS_AREA;
static const int spx_sws_bilinear = SWS_BILINEAR;
static const int spx_sws_exact = SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT;

// Planar float RGB in the machine's byte order; plane order G, B, R.
static const int spx_pixel_gbrpf32 = AV_PIX_FMT_GBRPF32;
// 32 bits a pixel as cairo's RGB24 has it in the machine's byte order.
static const int spx_pixel_rgb32 = AV_PIX_FMT_0RGB32;

static inline const char *spx_error_text(int code, char *buffer, size_t size) {
    return av_strerror(code, buffer, size) < 0 ? "unknown error" : buffer;
}

static inline AVRational spx_rational(int numerator, int denominator) {
    AVRational value = {numerator, denominator};
    return value;
}

static inline enum AVPixelFormat spx_pixel_format(int raw) { return (enum AVPixelFormat)raw; }

// A context that reads through `read`, whole packets at a time, and throws away what is written (RTCP receiver reports).
// The buffer is the context's own; free both with spx_packet_reader_free. The write callback's type changed in 61.
#if LIBAVFORMAT_VERSION_MAJOR < 61
static int spx_discard(void *opaque, uint8_t *bytes, int count) {
#else
static int spx_discard(void *opaque, const uint8_t *bytes, int count) {
#endif
    (void)opaque;
    (void)bytes;
    return count;
}

static inline AVIOContext *spx_packet_reader(
    int size, void *opaque, int (*read)(void *opaque, uint8_t *bytes, int count)) {
    unsigned char *buffer = (unsigned char *)av_malloc((size_t)size);
    if (!buffer) return NULL;
    AVIOContext *context = avio_alloc_context(buffer, size, 0, opaque, read, spx_discard, NULL);
    if (!context) {
        av_free(buffer);
        return NULL;
    }
    context->max_packet_size = size;
    context->direct = 1;
    return context;
}

static inline void spx_packet_reader_free(AVIOContext *context) {
    if (!context) return;
    av_freep(&context->buffer);
    avio_context_free(&context);
}

// A context that hands what is written to `write`; not seekable. The buffer is the context's own; free both with
// spx_packet_reader_free. `write` gets the same arguments under every version.
#if LIBAVFORMAT_VERSION_MAJOR < 61
typedef int (*spx_write_function)(void *opaque, uint8_t *bytes, int count);
#else
typedef int (*spx_write_function)(void *opaque, const uint8_t *bytes, int count);
#endif

static inline AVIOContext *spx_writer(int size, void *opaque, spx_write_function write) {
    unsigned char *buffer = (unsigned char *)av_malloc((size_t)size);
    if (!buffer) return NULL;
    AVIOContext *context = avio_alloc_context(buffer, size, 1, opaque, NULL, write, NULL);
    if (!context) av_free(buffer);
    return context;
}

// Converts all samples of `frame` into interleaved ones at `out`, which has room for `count` of each channel. The constness
// of the arguments changed in libswresample 5.
static inline int spx_resample(SwrContext *context, float *out, int count, const AVFrame *frame) {
    uint8_t *planes[1] = {(uint8_t *)out};
    return swr_convert(context, planes, count, (const uint8_t **)frame->extended_data, frame->nb_samples);
}

static inline void spx_set_interrupt(AVFormatContext *context, int (*callback)(void *), void *opaque) {
    context->interrupt_callback.callback = callback;
    context->interrupt_callback.opaque = opaque;
}

#endif
