package orrery.deep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import orrery.deep.image.ImageData;
import orrery.deep.image.ImageFiles;
import orrery.deep.image.Images;

/** Images are read to the last byte, and what cannot be read is said with its place. */
final class ImagesTest {
    private static final int[] SMALL = {2, 3, 1};
    private static final int[] CIFAR = {32, 32, 3};

    @TempDir
    Path folder;

    private static byte[] idx(int magic, int[] sizes, byte[] content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            out.writeInt(magic);
            for (int size : sizes) {
                out.writeInt(size);
            }
            out.write(content);
        }
        return bytes.toByteArray();
    }

    private static byte[] gzip(byte[] content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    private Path digits(byte[] images, byte[] labels) throws IOException {
        Files.write(folder.resolve("train-labels-idx1-ubyte.gz"), gzip(labels));
        return Files.write(folder.resolve("train-images-idx3-ubyte.gz"), gzip(images));
    }

    private static Images read(Path file, int[] input) throws IOException {
        return new ImageFiles(input, List.of()).read(file.toString());
    }

    @Test
    void idxIsRead() throws Exception {
        byte[] pixels = {0, 1, 2, 3, 4, (byte) 255, 6, 7, 8, 9, 10, 11};
        var file = digits(idx(0x803, new int[] {2, 2, 3}, pixels), idx(0x801, new int[] {2}, new byte[] {1, 0}));
        assertThat(ImageFiles.areImages(file.toString())).isTrue();
        var images = read(file, SMALL);
        assertThat(images.pixels()[0]).containsExactly(0, 1, 2, 3, 4, 255);
        assertThat(images.labels()).containsExactly(1, 0);
        assertThat(images.classes()).containsExactly("0", "1");
        assertThat(images).hasToString("2 images of 2 x 3, 1 channel, 2 classes");
    }

    @Test
    void whatIsCutShortIsSaid() throws Exception {
        var labels = idx(0x801, new int[] {2}, new byte[] {1, 0});
        assertThatThrownBy(() -> read(digits(idx(0x803, new int[] {2, 2, 3}, new byte[11]), labels), SMALL))
                .hasMessageContaining("2 images of 2 x 3 are 12 bytes after the head, and there are 11");
        assertThatThrownBy(() -> read(
                        digits(idx(0x803, new int[] {2, 2, 3}, new byte[12]), idx(0x801, new int[] {2}, new byte[1])),
                        SMALL))
                .hasMessageContaining("there are 1 bytes after the head for 2 labels");
        assertThatThrownBy(() -> read(
                        digits(idx(0x803, new int[] {2, 2, 3}, new byte[12]), idx(0x801, new int[] {3}, new byte[3])),
                        SMALL))
                .hasMessageContaining("has 2 images, and")
                .hasMessageContaining("3 labels");
        assertThatThrownBy(() -> read(digits(new byte[] {1, 2, 3}, labels), SMALL))
                .hasMessageContaining("is no idx file of images");
        assertThatThrownBy(() -> read(Files.write(folder.resolve("data_batch_1.bin"), new byte[5000]), CIFAR))
                .hasMessageContaining("data_batch_1.bin: has 5000 bytes");
    }

    @Test
    void cifarIsRead() throws Exception {
        var record = new byte[3073];
        record[0] = 3;
        record[1] = 10; // red of the first pixel
        record[1 + 1024] = 20;
        record[1 + 2048] = 30;
        record[3072] = 40; // blue of the last
        Files.write(folder.resolve("batches.meta.txt"), List.of("plane", "car", "bird", "cat", ""));
        Files.write(folder.resolve("data_batch_1.bin"), record);
        var images = read(folder, CIFAR);
        assertThat(images.size()).isEqualTo(1);
        assertThat(images.pixels()[0]).startsWith(10, 20, 30).endsWith(0, 0, 40);
        assertThat(images.classes().get(images.labels()[0])).isEqualTo("cat");
    }

    private static byte[] png(int width, int height, int rgb) throws IOException {
        var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, rgb);
        }
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    @Test
    void recordsAreRead() throws Exception {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            for (int label = 0; label < 3; label++) {
                var encoded = png(4, 4, label << 16 | 200);
                out.writeByte(label);
                out.writeShort(encoded.length);
                out.write(encoded);
            }
        }
        var all = bytes.toByteArray();
        var images = read(Files.write(folder.resolve("some.bin"), all), new int[] {4, 4, 3});
        assertThat(images.labels()).containsExactly(0, 1, 2);
        assertThat(images.pixels()[2]).startsWith(2, 0, 200);
        var cut = Files.write(folder.resolve("some.bin"), java.util.Arrays.copyOf(all, all.length - 5));
        assertThatThrownBy(() -> read(cut, new int[] {4, 4, 3})).hasMessageContaining("some.bin, image 3");
    }

    @Test
    void foldersAreClasses() throws Exception {
        for (var name : List.of("cat", "dog")) {
            Files.createDirectories(folder.resolve("pictures").resolve(name));
        }
        Files.write(folder.resolve("pictures/cat/a.png"), png(8, 6, 0xff0000));
        Files.write(folder.resolve("pictures/dog/b.PNG"), png(3, 3, 0x00ff00));
        var images = read(folder.resolve("pictures"), new int[] {3, 3, 3});
        assertThat(images.classes()).containsExactly("cat", "dog");
        assertThat(images.pixels()[0]).startsWith(255, 0, 0);
        assertThat(images.reading().facts()).containsEntry("cat", 1).containsEntry("dog", 1);
        var grey = read(folder.resolve("pictures"), new int[] {3, 3, 1});
        assertThat(grey.pixels()[1][4] & 0xff).isEqualTo(150);
        assertThatThrownBy(() -> new ImageFiles(new int[] {3, 3, 3}, List.of("cat"))
                        .read(folder.resolve("pictures").toString()))
                .hasMessageContaining("the model has no class 'dog'");
        Files.write(folder.resolve("pictures/cat/c.jpg"), new byte[] {1, 2, 3});
        assertThatThrownBy(() -> read(folder.resolve("pictures"), new int[] {3, 3, 3}))
                .hasMessageContaining("c.jpg: cannot be read: it is no JPEG or PNG");
        assertThatThrownBy(() -> read(Files.createDirectories(folder.resolve("none")), SMALL))
                .hasMessageContaining("has no folder with images in it");
    }

    @Test
    void imagesAreScaledCutAndMirrored() throws Exception {
        byte[] pixels = {0, 50, 100, (byte) 150, (byte) 200, (byte) 250};
        var images =
                read(digits(idx(0x803, new int[] {1, 2, 3}, pixels), idx(0x801, new int[] {1}, new byte[1])), SMALL);
        var scaling = images.scaling();
        var plain = new float[6];
        new ImageData(images, SMALL, scaling, 0, false).cursor().put(0, plain, null);
        double sum = 0;
        double squares = 0;
        for (float x : plain) {
            sum += x;
            squares += x * x;
        }
        assertThat(sum / 6).isCloseTo(0, within(1e-6));
        assertThat(squares / 6).isCloseTo(1, within(1e-6));
        var turned = new float[6];
        var data = new ImageData(images, SMALL, scaling, 0, true);
        var seen = new java.util.HashSet<List<Float>>();
        for (int seed = 0; seed < 20; seed++) {
            data.cursor().put(0, turned, new SplittableRandom(seed));
            seen.add(List.of(turned[0], turned[1], turned[2]));
        }
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        List.of(plain[0], plain[1], plain[2]), List.of(plain[2], plain[1], plain[0]));
        var part = new float[2];
        new ImageData(images, new int[] {2, 1, 1}, scaling, 0, false).cursor().put(0, part, null);
        assertThat(part).containsExactly(plain[1], plain[4]); // the middle
        assertThatThrownBy(() -> new ImageData(images, new int[] {4, 4, 1}, scaling, 0, false))
                .hasMessageContaining(
                        "the net takes [4, 4, 1] (height, width, channels), and there are 1 images of 2 x 3");
    }
}
