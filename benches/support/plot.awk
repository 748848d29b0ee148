# Draws the results of cost.sh as SVG: user time and peak memory against size, both axes in powers of ten.

function x(size) { return 70 + 52 * log(size) / log(10) }
function y(top, value, low, high) { return top + 240 - 240 / (high - low) * (log(value) / log(10) - low) }

function frame(top, low, high, title, unit,    i) {
    printf "<text x=\"70\" y=\"%d\" font-weight=\"bold\">%s</text>\n", top - 12, title
    for (i = 0; i <= 8; i++)
        printf "<path d=\"M%g %dv240\" stroke=\"#ddd\"/><text x=\"%g\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
            x(10 ^ i), top, x(10 ^ i), top + 256, power(i)
    for (i = low; i <= high; i++)
        printf "<path d=\"M70 %gh416\" stroke=\"#ddd\"/><text x=\"64\" y=\"%g\" text-anchor=\"end\">%s %s</text>\n",
            y(top, 10 ^ i, low, high), y(top, 10 ^ i, low, high) + 4, 10 ^ i, unit
}

function power(i) { return i < 3 ? 10 ^ i : i < 6 ? 10 ^ (i - 3) " k" : 10 ^ (i - 6) " M" }

function draw(top, low, high, values,    s, i, n, path, sizes) {
    for (s = 1; s <= count; s++) {
        n = split(points[name[s]], sizes, " "); path = ""
        for (i = 1; i <= n; i++)
            if (values[name[s], sizes[i]] >= 10 ^ low)
                path = path (path == "" ? "M" : "L") sprintf("%.1f %.1f", x(sizes[i]), y(top, values[name[s], sizes[i]], low, high))
        printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", path, colour[s]
    }
}

$1 !~ /^attack/ {
    if (!($1 in points)) name[++count] = $1
    if (!(($1, $2) in seconds)) { points[$1] = points[$1] " " $2; seconds[$1, $2] = $3 }
    if ($3 < seconds[$1, $2]) seconds[$1, $2] = $3
    if ($6 / 1024 > memory[$1, $2]) memory[$1, $2] = $6 / 1024
}

END {
    split("#1f77b4 #ff7f0e #2ca02c #d62728 #9467bd", colour, " ")
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"660\" height=\"640\" font-family=\"sans-serif\" font-size=\"11\">"
    print "<rect width=\"660\" height=\"640\" fill=\"white\"/>"
    frame(40, -2, 3, "User time against packets or sessions", "s")
    draw(40, -2, 3, seconds)
    frame(350, 0, 3, "Peak memory against packets or sessions", "MiB")
    draw(350, 0, 3, memory)
    for (i = 1; i <= count; i++)
        printf "<path d=\"M510 %dh24\" stroke=\"%s\" stroke-width=\"2\"/><text x=\"540\" y=\"%d\">%s</text>\n",
            46 + 18 * i, colour[i], 50 + 18 * i, name[i]
    print "</svg>"
}
