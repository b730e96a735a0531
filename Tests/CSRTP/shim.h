// libsrtp2, the oracle that the SRTP tests compare with.
#include <srtp2/srtp.h>
