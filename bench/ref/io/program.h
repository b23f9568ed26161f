/* The program in front of an AF_XDP socket. */
#ifndef PROGRAM_H
#define PROGRAM_H

/*
 * Lets every frame that `device` receives on queue 0 go to the AF_XDP socket `fd` (native mode; generic where the driver has none).
 * Ends with this process: the link is a descriptor that is never closed. Ends the program with status 1 when the kernel refuses.
 */
void redirect_all(const char *device, int fd);

#endif
