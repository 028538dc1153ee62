package orrery.deep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import orrery.data.Schema;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.KeyBags;
import orrery.deep.layer.Linear;
import orrery.deep.layer.Recurrent;
import orrery.deep.net.Net;
import orrery.deep.text.Continuation;
import orrery.deep.text.TextData;
import orrery.deep.train.Course;
import orrery.deep.train.NetLearning;
import orrery.deep.train.NetModel;
import orrery.deep.train.NetOptions;
import orrery.engine.stage.Run;
import orrery.store.Place;
import orrery.table.spec.UpdateRule;

/** Texts by character. */
final class TextTest {
    private static final int STEPS = 8;

    @TempDir
    Path folder;

    @Test
    void aTextIsCutIntoExamplesWhoseTargetsComeOneLater() throws Exception {
        var characters = TextData.characters("banana € 𝄞");
        assertThat(characters).containsExactly(" ", "a", "b", "n", "€", "𝄞", TextData.OTHER);
        var text = TextData.of("here", "banana bxb", 3, characters);
        assertThat(text.size()).isEqualTo(3);
        var cursor = text.cursor();
        var keys = new KeyBags(3);
        cursor.keys(1, keys);
        assertThat(keys.bags()).isEqualTo(3);
        assertThat(keys.keys()).containsExactly(1, 3); // of "ana"
        int[] targets = new int[4];
        cursor.steps(1, targets, 1, 3);
        assertThat(targets).containsExactly(0, 3, 1, 0); // "na "
        assertThat(text.toString()).contains("10 characters").contains("1 that the training text does not have");
        assertThat(text.split(0.4).rest().size()).isEqualTo(1);
    }

    @Test
    void whatIsNoTextIsSaid() throws Exception {
        var file = folder.resolve("latin.txt");
        Files.write(file, "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> TextData.read(file.toString()))
                .hasMessageContaining("latin.txt: is not text in UTF-8");
        assertThatThrownBy(() -> TextData.of("short.txt", "abc", 3, List.of("a", TextData.OTHER)))
                .hasMessageContaining("short.txt: has 3 characters, and an example takes 3 and the one after them");
        var text = TextData.of("short.txt", "abcabc", 3, TextData.characters("abc"));
        assertThatThrownBy(() -> text.split(0.5)).hasMessageContaining("leaves less than an example");
    }

    @Test
    void whatRepeatsIsLearnedAndContinued() throws Exception {
        String words = "one two three ".repeat(300);
        var characters = TextData.characters(words);
        var net = Net.input(0)
                .fields(STEPS)
                .add("rows", new Embedding(8, false))
                .add("cells", new Recurrent(Recurrent.Cell.GRU, 24, true))
                .add("next", new Linear(characters.size(), true, true, 1))
                .net();
        var data = TextData.of("words", words, STEPS, characters);
        var schema = Schema.ofFeatures(TextData.FORMAT, List.of(), characters, 1);
        var options = new NetOptions(net, 8, 8, new UpdateRule.Adam(0.01f), new Course.Constant(), 0);
        var model = new NetLearning(options)
                .prepare(data, schema, Run.local(2))
                .run()
                .model();
        assertThat(model.score(data).get("bits")).isLessThan(0.5); // the first characters of an example are open
        var file = Place.of(folder.resolve("text.safetensors"));
        model.save(file);
        var loaded = NetModel.load(file);
        assertThat(loaded.score(data)).isEqualTo(model.score(data));
        assertThat(Continuation.of(loaded, "one two thr", 20, 1)).startsWith("ee one two three");
        assertThatThrownBy(() -> Continuation.of(loaded, "", 5, 1)).hasMessageContaining("it is empty");
    }
}
