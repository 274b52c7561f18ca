# SPDX-License-Identifier: MIT
#
# Makes a C header of a file: cmake -DINPUT=report.html -DOUTPUT=report_html.h -P embed.cmake gives
# `static const char report_html[]`, which ends with a 0 byte.
get_filename_component(name ${OUTPUT} NAME_WE)
get_filename_component(file ${INPUT} NAME)
file(READ ${INPUT} text HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" text "${text}")
string(REPEAT "[^\n]" 96 line)
string(REGEX REPLACE "(${line})" "\\1\"\n\"" text "${text}")
file(WRITE ${OUTPUT} "/* Made from ${file}. */\nstatic const char ${name}[] =\n\"${text}\";\n")
