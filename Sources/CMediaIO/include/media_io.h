#ifndef SLUICE_MEDIA_IO_H
#define SLUICE_MEDIA_IO_H
#endif
