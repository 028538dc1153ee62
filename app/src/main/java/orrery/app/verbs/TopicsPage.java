package orrery.app.verbs;

import java.util.List;
import java.util.Locale;
import orrery.learn.topic.TopicModel;

/** A page of topics, in one file that needs nothing else: a card for each, the largest first, and a field to look for words. */
final class TopicsPage {
    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Topics</title>
            <style>
            :root { color-scheme: light dark; --ink: #1c2430; --soft: #6b7685; --line: #dfe4ea; --bar: #c9dcf5; --ground: #f6f8fa; --card: #fff }
            @media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #98a3b3; --line: #303845; --bar: #2b4a73; --ground: #14181e; --card: #1c222b } }
            body { margin: 0; padding: 24px; background: var(--ground); color: var(--ink); font: 15px/1.4 system-ui, sans-serif }
            header { display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: baseline; margin-bottom: 18px }
            h1 { font-size: 22px; margin: 0 }
            .about { color: var(--soft) }
            input { margin-left: auto; padding: 7px 11px; border: 1px solid var(--line); border-radius: 7px; background: var(--card); color: inherit; font: inherit; width: 240px }
            main { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 14px }
            section { background: var(--card); border: 1px solid var(--line); border-radius: 9px; padding: 12px 14px }
            h2 { display: flex; gap: 10px; align-items: baseline; font-size: 14px; margin: 0 0 8px }
            h2 span { color: var(--soft); font-weight: 400; font-size: 13px }
            h2 .size { margin-left: auto }
            ol { list-style: none; margin: 0; padding: 0 }
            li { display: flex; justify-content: space-between; gap: 8px; padding: 1px 6px; margin: 2px 0; border-radius: 4px;
                 background: linear-gradient(to right, var(--bar) var(--part), transparent var(--part)) }
            li b { font-weight: 400; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
            li i { color: var(--soft); font-style: normal; font-size: 12px; font-variant-numeric: tabular-nums }
            mark { background: #ffd866; color: #1c2430; border-radius: 3px }
            [hidden] { display: none }
            </style>
            </head>
            <body>
            """;

    private static final String TAIL = """
            </main>
            <script>
            const field = document.querySelector("input");
            field.addEventListener("input", () => {
              const wanted = field.value.trim().toLowerCase();
              for (const card of document.querySelectorAll("section")) {
                const words = [...card.querySelectorAll("b")];
                const hits = words.filter(word => wanted && word.textContent.toLowerCase().includes(wanted));
                card.hidden = wanted !== "" && hits.length === 0;
                words.forEach(word => word.replaceChildren(hits.includes(word)
                  ? Object.assign(document.createElement("mark"), { textContent: word.textContent }) : word.textContent));
              }
            });
            </script>
            </body>
            </html>
            """;

    private TopicsPage() {}

    static String of(TopicModel model, List<List<TopicModel.Entry>> words, String source) {
        var page = new StringBuilder(HEAD);
        page.append(String.format(
                Locale.ROOT,
                "<header><h1>%,d topics</h1><div class=\"about\">%,d words in the vocabulary; mean coherence %.3f; %s</div>"
                        + "<input type=\"search\" placeholder=\"Look for a word\" aria-label=\"Look for a word\"></header>%n<main>%n",
                model.topics(),
                model.words(),
                Topics.mean(model),
                escaped(source)));
        for (int k : model.bySize()) {
            page.append(String.format(
                    Locale.ROOT,
                    "<section><h2>%d <span title=\"normalised pointwise mutual information of its words\">coherence %.2f</span>"
                            + "<span class=\"size\">%.2f %%</span></h2><ol>%n",
                    k,
                    model.coherence()[k],
                    100 * Topics.share(model, k)));
            double most = words.get(k).isEmpty() ? 1 : words.get(k).getFirst().probability();
            for (var entry : words.get(k)) {
                page.append(String.format(
                        Locale.ROOT,
                        "<li style=\"--part: %.0f%%\"><b title=\"%s\">%s</b><i>%.3f</i></li>%n",
                        100 * entry.probability() / most,
                        escaped(entry.text()),
                        escaped(entry.text()),
                        entry.probability()));
            }
            page.append(String.format("</ol></section>%n"));
        }
        return page.append(TAIL).toString();
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
