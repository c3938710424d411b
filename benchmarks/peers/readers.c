// Reads one RTSP stream over TCP with many connections at once, as cheaply as can be, and says what came.
// usage: readers HOST PORT PATH CONNECTIONS SECONDS
// Prints JSON: connections that played, packets of the fewest and the most, gaps in sequence numbers, bytes in all, and the
// milliseconds from PLAY to the first packet (median and most).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_HEAD = 4, NEEDED = FRAME_HEAD + 4, BUFFER = 1 << 20 };

struct reader {
    int socket;
    unsigned char head[NEEDED];
    int have;         // bytes of the frame's beginning
    long skip;        // bytes of the frame still to come
    long packets, gaps, bytes;
    int last;
    double played, first;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int ask(int socket, char *answer, size_t room, const char *request) {
    if (send(socket, request, strlen(request), MSG_NOSIGNAL) < 0) return -1;
    size_t have = 0;
    while (have + 1 < room) {
        // One byte at a time: what comes behind belongs to the stream.
        ssize_t n = recv(socket, answer + have, 1, 0);
        if (n <= 0) return -1;
        have++;
        answer[have] = 0;
        if (have >= 4 && !memcmp(answer + have - 4, "\r\n\r\n", 4)) break;
    }
    char *length = strcasestr(answer, "content-length:");
    long body = length ? atol(length + 15) : 0;
    while (body > 0 && have + 1 < room) {
        ssize_t n = recv(socket, answer + have, body, 0);
        if (n <= 0) return -1;
        have += n;
        body -= n;
        answer[have] = 0;
    }
    return atoi(answer + 9);
}

static int begin(struct reader *reader, const char *host, int port, const char *path) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    reader->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    setsockopt(reader->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(reader->socket, (struct sockaddr *)&address, sizeof address) < 0) return -1;
    char request[1024], answer[16384], url[512], track[512] = "", session[128] = "";
    snprintf(url, sizeof url, "rtsp://%s:%d/%s", host, port, path);
    snprintf(request, sizeof request, "DESCRIBE %s RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n", url);
    if (ask(reader->socket, answer, sizeof answer, request) != 200) return -1;
    char *media = strstr(answer, "m=video"), *control = media ? strstr(media, "a=control:") : NULL;
    if (!control) return -1;
    sscanf(control + 10, "%500[^\r\n]", track);
    char full[1100];
    if (!strncmp(track, "rtsp", 4)) snprintf(full, sizeof full, "%s", track);
    else snprintf(full, sizeof full, "%s/%s", url, track);
    char setup[2048];
    snprintf(setup, sizeof setup, "SETUP %s RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n", full);
    if (ask(reader->socket, answer, sizeof answer, setup) != 200) return -1;
    char *id = strcasestr(answer, "session:");
    if (!id) return -1;
    sscanf(id + 8, " %100[^;\r\n]", session);
    snprintf(request, sizeof request, "PLAY %s RTSP/1.0\r\nCSeq: 3\r\nSession: %s\r\nRange: npt=0-\r\n\r\n", url, session);
    reader->played = now();
    if (ask(reader->socket, answer, sizeof answer, request) != 200) return -1;
    reader->last = -1;
    return fcntl(reader->socket, F_SETFL, O_NONBLOCK);
}

static void take(struct reader *reader, const unsigned char *bytes, long count) {
    reader->bytes += count;
    while (count > 0) {
        if (reader->skip > 0) {
            long n = reader->skip < count ? reader->skip : count;
            reader->skip -= n, bytes += n, count -= n;
            continue;
        }
        reader->head[reader->have++] = *bytes++;
        count--;
        if (reader->have < NEEDED) continue;
        reader->have = 0;
        if (reader->head[0] != '$') {
            reader->gaps += 1000000;
            return;
        }
        reader->skip = (reader->head[2] << 8 | reader->head[3]) - (NEEDED - FRAME_HEAD);
        if (reader->head[1] != 0) continue;
        int sequence = reader->head[6] << 8 | reader->head[7];
        if (reader->last >= 0 && sequence != ((reader->last + 1) & 0xFFFF)) reader->gaps++;
        reader->last = sequence;
        if (!reader->packets++) reader->first = now();
    }
}

static int ascending(const void *a, const void *b) {
    double d = *(const double *)a - *(const double *)b;
    return d < 0 ? -1 : d > 0;
}

static int poll, lost;
/// When to stop; 0 while readers are still being added.
static _Atomic double end;

static void *read_all(void *unused) {
    unsigned char *buffer = malloc(BUFFER);
    while (end == 0 || now() < end) {
        struct epoll_event ready[256];
        int n = epoll_wait(poll, ready, 256, 100);
        for (int i = 0; i < n; i++) {
            struct reader *r = ready[i].data.ptr;
            ssize_t got = recv(r->socket, buffer, BUFFER, 0);
            if (got > 0) take(r, buffer, got);
            else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
                epoll_ctl(poll, EPOLL_CTL_DEL, r->socket, NULL);
                lost++;
            }
        }
    }
    return unused;
}

int main(int count, char **arguments) {
    if (count != 6) return 2;
    int connections = atoi(arguments[4]), playing = 0;
    struct rlimit limit = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &limit);
    struct reader *readers = calloc(connections, sizeof *readers);
    poll = epoll_create1(0);
    // Those that play read on while others begin: a server may take it ill when nobody takes its packets.
    pthread_t thread;
    pthread_create(&thread, NULL, read_all, NULL);
    for (int i = 0; i < connections; i++) {
        int tries = 0;
        // A server may be about to tear down what the readers before had.
        while (begin(&readers[i], arguments[1], atoi(arguments[2]), arguments[3]) < 0 && ++tries < 20) {
            close(readers[i].socket);
            usleep(200000);
        }
        if (tries == 20) break;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &readers[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, readers[i].socket, &event);
        playing++;
    }
    printf("{\"playing\": %d, ", playing);
    fprintf(stderr, "playing\n");
    end = now() + atof(arguments[5]);
    pthread_join(thread, NULL);
    long fewest = -1, most = 0, gaps = 0, bytes = 0;
    double *first = calloc(connections, sizeof *first);
    for (int i = 0; i < connections; i++) {
        struct reader *r = &readers[i];
        if (fewest < 0 || r->packets < fewest) fewest = r->packets;
        if (r->packets > most) most = r->packets;
        gaps += r->gaps, bytes += r->bytes;
        first[i] = 1000 * (r->packets ? r->first - r->played : 1e6);
    }
    qsort(first, connections, sizeof *first, ascending);
    printf("\"lost\": %d, \"fewest\": %ld, \"most\": %ld, \"gaps\": %ld, \"bytes\": %ld, \"first_ms\": %.1f, \"worst_first_ms\": %.1f}\n",
           lost, fewest, most, gaps, bytes, first[connections / 2], first[connections - 1]);
}
