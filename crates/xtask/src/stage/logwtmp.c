/* The C library's own logwtmp() reads the clock where libfaketime cannot reach it, so that sshd would write log-outs
 * with the time of the real clock. This one does the same work and asks for the time through the front door. */
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include <utmp.h>

void logwtmp(const char *line, const char *name, const char *host)
{
    struct utmp record;
    struct timeval now;
    memset(&record, 0, sizeof record);
    record.ut_pid = getpid();
    record.ut_type = name[0] ? USER_PROCESS : DEAD_PROCESS;
    strncpy(record.ut_line, line, sizeof record.ut_line);
    strncpy(record.ut_user, name, sizeof record.ut_user);
    strncpy(record.ut_host, host, sizeof record.ut_host);
    gettimeofday(&now, 0);
    record.ut_tv.tv_sec = now.tv_sec;
    record.ut_tv.tv_usec = now.tv_usec;
    updwtmp("/var/log/wtmp", &record);
}
