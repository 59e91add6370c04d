#include <microhttpd.h>

// MHD_start_daemon takes a variable number of arguments, which Swift cannot call.
static inline struct MHD_Daemon *sluice_http_start(int socket, MHD_AccessHandlerCallback handler, void *context) {
    return MHD_start_daemon(
        MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handler, context,
        MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_CONNECTION_LIMIT, 32u, MHD_OPTION_CONNECTION_TIMEOUT, 5u,
        MHD_OPTION_END);
}
