/* SPDX-License-Identifier: MIT
 *
 * A run as a page for the browser: the template report.html with the JSON in its place. The JSON
 * writer escapes every '<', so no string can end the script element.
 */
#include "cost.h"

#include "report_html.h"

#include <string.h>

#define PLACE "/*TA_COST_DATA*/null"

bool cost_write_html(FILE *file, const cost_run *run) {
    const char *place = strstr(report_html, PLACE);

    if (place == NULL) return false;
    fwrite(report_html, 1, (size_t)(place - report_html), file);
    if (!cost_write_json(file, run)) return false;
    fputs(place + strlen(PLACE), file);
    return fflush(file) == 0 && !ferror(file);
}
